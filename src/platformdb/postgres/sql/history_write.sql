INSERT INTO platformdb.history (platform, kind, version, name, checksum, segment, segments, sql, elapsed_ms, tool_version)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
