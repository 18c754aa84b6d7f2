SELECT kind, version, name, checksum, segment, segments, sql, applied_at, elapsed_ms
FROM platformdb.history
WHERE platform = %s
ORDER BY id
