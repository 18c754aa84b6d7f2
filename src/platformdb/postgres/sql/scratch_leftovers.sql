SELECT d.datname
FROM pg_database AS d
WHERE starts_with(d.datname, %s)
  AND pg_has_role(d.datdba, 'USAGE')
  AND NOT EXISTS (
      SELECT FROM pg_stat_activity AS a WHERE a.datname = d.datname OR a.application_name = d.datname
  )
