-- WHERE TRUE: not every version of GoogleSQL takes a QUALIFY alone.
WITH said AS (
  SELECT * FROM `${messages}.pay_run`
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY cut_off ORDER BY publish_time, message_id) = 1
),
paid AS (
  SELECT
    cut_off,
    COUNT(*) AS instructions,
    TO_HEX(SHA256(STRING_AGG(CONCAT(instruction_id, '\n'), '' ORDER BY instruction_id))) AS instructions_sha256
  FROM (SELECT DISTINCT cut_off, instruction_id FROM `${messages}.payment_instruction`) AS each_once
  GROUP BY cut_off
),
found AS (
  SELECT cut_off, COUNT(*) AS findings
  FROM (SELECT DISTINCT cut_off, finding_id, cleared FROM `${messages}.finding`) AS each_once
  GROUP BY cut_off
),
counted AS (
  SELECT said.cut_off, SUM(total.count) AS instructions
  FROM said CROSS JOIN UNNEST(said.totals) AS total
  GROUP BY said.cut_off
)
SELECT
  said.run_date,
  said.cut_off,
  said.law_version,
  said.publish_time AS closed_at,
  COALESCE(counted.instructions, 0) AS instructions,
  COALESCE(paid.instructions, 0) AS instructions_here,
  said.findings,
  COALESCE(found.findings, 0) AS findings_here,
  COALESCE(counted.instructions, 0) = COALESCE(paid.instructions, 0)
    AND said.instructions_sha256 = COALESCE(paid.instructions_sha256, TO_HEX(SHA256('')))
    AND said.findings = COALESCE(found.findings, 0) AS complete
FROM said
LEFT JOIN counted ON counted.cut_off = said.cut_off
LEFT JOIN paid ON paid.cut_off = said.cut_off
LEFT JOIN found ON found.cut_off = said.cut_off
