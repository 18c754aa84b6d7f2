SELECT s.name, current_setting(s.name)
FROM pg_settings AS s
LEFT JOIN unnest(%s::text[], %s::text[]) AS p (name, value) ON lower(p.name) = lower(s.name)
WHERE CASE
    WHEN p.name IS NULL THEN s.category LIKE 'Query Tuning%%' AND s.setting IS DISTINCT FROM s.boot_val
    ELSE current_setting(s.name) IS DISTINCT FROM p.value
END
ORDER BY s.name
