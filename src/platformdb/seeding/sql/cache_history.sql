-- What platformdb did to this database: a clone brings its history with it, so it must be the same one.
SELECT coalesce(md5(string_agg(concat_ws('|', platform, kind, version, name, event, segment, checksum_raw), E'\n' ORDER BY id)), '')
FROM platformdb.history
