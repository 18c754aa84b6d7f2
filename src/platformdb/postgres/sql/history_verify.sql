WITH chain AS (
    SELECT row.id,
           row.kind,
           row.version,
           row.name,
           row.event,
           row.previous = lag(row.hash, 1, '') OVER (ORDER BY row.id) AS follows,
           row.hash = encode(
               sha256(
                   convert_to(
                       (to_jsonb(row) - 'applied_at' - 'id' - 'hash'
                        || jsonb_build_object('applied_at', extract(EPOCH FROM row.applied_at)))::text,
                       'UTF8'
                   )
               ),
               'hex'
           ) AS intact
    FROM platformdb.history AS row
)
SELECT id, kind, version, name, event, follows
FROM chain
WHERE NOT (follows AND intact)
ORDER BY id
LIMIT 20
