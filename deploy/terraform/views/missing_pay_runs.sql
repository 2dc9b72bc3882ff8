WITH ended AS (
  SELECT run_date
  FROM UNNEST(
    GENERATE_DATE_ARRAY(
      DATE '${first}',
      DATE_SUB(DATE(TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL ${hours} HOUR), 'America/Los_Angeles'), INTERVAL 1 DAY)
    )
  ) AS run_date
)
SELECT ended.run_date
FROM ended
WHERE MOD(DATE_DIFF(ended.run_date, DATE '1970-01-04', DAY), 7) NOT IN (0, 6) -- Sunday, Saturday
  AND CAST(ended.run_date AS STRING) NOT IN UNNEST(${holidays})
  AND ended.run_date NOT IN (SELECT run_date FROM `${payroll}.pay_runs` WHERE complete)
