-- Names in any case; a setting's own boot value is in its base unit, as set_config takes it.
SELECT set_config(s.name, coalesce(p.value, s.boot_val), false)
FROM pg_settings AS s
LEFT JOIN unnest(%s::text[], %s::text[]) AS p (name, value) ON lower(p.name) = lower(s.name)
WHERE s.context = 'user' AND (p.name IS NOT NULL OR (s.category LIKE 'Query Tuning%%' AND s.setting IS DISTINCT FROM s.boot_val))
