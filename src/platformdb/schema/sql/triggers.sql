SELECT t.tgrelid, t.tgname, pg_get_triggerdef(t.oid, true), p.oid::regproc::text
FROM pg_trigger AS t
JOIN pg_proc AS p ON p.oid = t.tgfoid
WHERE t.tgrelid = ANY (%s) AND NOT t.tgisinternal
ORDER BY t.tgrelid, t.tgname COLLATE "C"
