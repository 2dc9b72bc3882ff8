SELECT
  finding_id,
  county,
  code,
  ${symbols.FindingOutcome}[SAFE_ORDINAL(outcome + 1)] AS outcome,
  rule,
  authority,
  ${symbols.Addressee}[SAFE_ORDINAL(addressee + 1)] AS addressee,
  provider_id,
  recipient_id,
  other_id,
  ${symbols.Program}[SAFE_ORDINAL(program + 1)] AS program,
  document_id,
  statement_id,
  service_date,
  workweek_start,
  service_month,
  minutes,
  cents,
  count,
  consequence,
  due_by,
  message,
  next_step,
  cut_off
FROM (
  SELECT * FROM `${messages}.finding`
  WHERE cut_off IN (SELECT cut_off FROM `${payroll}.pay_runs` WHERE complete)
  QUALIFY ROW_NUMBER() OVER (PARTITION BY finding_id ORDER BY cut_off DESC, cleared, publish_time, message_id) = 1
) AS newest
WHERE NOT cleared
