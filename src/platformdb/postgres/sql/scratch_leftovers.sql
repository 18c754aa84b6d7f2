-- Only names as bench itself makes them, for somebody's own database may begin with the same words.
SELECT d.datname
FROM pg_database AS d
WHERE d.datname ~ ('^' || %s || '[0-9a-f]{12}$')
  AND pg_has_role(d.datdba, 'USAGE')
  AND NOT EXISTS (
      SELECT FROM pg_stat_activity AS a WHERE a.datname = d.datname OR a.application_name = d.datname
  )
