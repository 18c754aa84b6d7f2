SELECT name, current_setting(name)
FROM pg_settings
WHERE lower(name) IN (SELECT lower(pinned) FROM unnest(%s::text[]) AS pinned)
   OR (category = 'Customized Options' AND source NOT IN ('default', 'override'))
ORDER BY name
