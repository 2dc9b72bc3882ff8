SELECT
  IF(
    COUNT(*) = 0,
    'complete',
    ERROR(CONCAT('No complete pay run on ', STRING_AGG(CAST(run_date AS STRING), ', ' ORDER BY run_date)))
  ) AS pay_runs
FROM `${payroll}.missing_pay_runs`
