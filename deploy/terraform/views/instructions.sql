SELECT
  instruction_id,
  ${symbols.PayeeType}[SAFE_ORDINAL(payee_type + 1)] AS payee_type,
  payee_id,
  provider_id,
  recipient_id,
  ${symbols.PaymentKind}[SAFE_ORDINAL(kind + 1)] AS kind,
  period_start,
  statement_id,
  sequence,
  run_date,
  cut_off,
  ${symbols.PaymentMethod}[SAFE_ORDINAL(method + 1)] AS method,
  account_token,
  ARRAY(
    SELECT AS STRUCT
      ${symbols.Earning}[SAFE_ORDINAL(line.earning + 1)] AS earning,
      ${symbols.LineProgram}[SAFE_ORDINAL(line.program + 1)] AS program,
      line.county,
      line.minutes,
      line.rate_mills,
      line.cents,
      line.rule
    FROM UNNEST(lines) AS line
  ) AS lines,
  gross_cents,
  ARRAY(
    SELECT AS STRUCT ${symbols.DeductionKind}[SAFE_ORDINAL(deduction.kind + 1)] AS kind, deduction.cents
    FROM UNNEST(deductions) AS deduction
  ) AS deductions,
  net_cents,
  gross_to_date_cents,
  net_to_date_cents,
  outstanding_cents,
  claimed_minutes,
  paid_minutes,
  held_minutes,
  cut_minutes,
  denied_minutes,
  spend_by,
  income_tax_excluded,
  documents,
  assumptions,
  law_version,
  `reversed`
FROM `${messages}.payment_instruction`
WHERE cut_off IN (SELECT cut_off FROM `${payroll}.pay_runs` WHERE complete)
QUALIFY ROW_NUMBER() OVER (PARTITION BY instruction_id ORDER BY publish_time, message_id) = 1
