SELECT id, kind, version, name, event, segment, segments, checksum_raw, checksum_normalised, checksum_tokens, digest,
       out_of_order, error, applied_at, elapsed_ms::double precision
FROM platformdb.history
WHERE platform = %s
ORDER BY id
