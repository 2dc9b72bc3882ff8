WITH ended AS (
  SELECT run_date
  FROM UNNEST(
    GENERATE_DATE_ARRAY(
      (SELECT MIN(run_date) FROM `${payroll}.pay_runs`),
      DATE_SUB(CURRENT_DATE('America/Los_Angeles'), INTERVAL 1 DAY)
    )
  ) AS run_date
)
SELECT ended.run_date
FROM ended
WHERE EXTRACT(DAYOFWEEK FROM ended.run_date) NOT IN (1, 7)
  AND CAST(ended.run_date AS STRING) NOT IN UNNEST(${holidays})
  AND ended.run_date NOT IN (SELECT run_date FROM `${payroll}.pay_runs` WHERE complete)
