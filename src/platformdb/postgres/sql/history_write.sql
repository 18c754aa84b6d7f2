WITH entry AS (
    SELECT $1::text AS platform,
           $2::text AS kind,
           $3::text AS version,
           $4::text AS name,
           $5::text AS event,
           $6::integer AS segment,
           $7::integer AS segments,
           $8::integer AS checksum_algorithm,
           $9::text AS checksum_raw,
           $10::text AS checksum_normalised,
           $11::text AS checksum_tokens,
           $12::text AS digest,
           $13::text AS sql,
           $14::boolean AS out_of_order,
           $15::text AS error,
           coalesce($23::timestamptz, clock_timestamp()) AS applied_at,
           $16::numeric(14, 3) AS elapsed_ms,
           $17::numeric(14, 3)[] AS statements_ms,
           session_user::text AS login_role,
           current_user::text AS db_role,
           $18::text AS os_user,
           $19::text AS host,
           $20::text AS tool_version,
           $21::text AS git_commit,
           $22::boolean AS git_dirty,
           coalesce((SELECT hash FROM platformdb.history ORDER BY id DESC LIMIT 1), '') AS previous
)
INSERT INTO platformdb.history (
    platform, kind, version, name, event, segment, segments,
    checksum_algorithm, checksum_raw, checksum_normalised, checksum_tokens, digest, sql, out_of_order, error,
    applied_at, elapsed_ms, statements_ms,
    login_role, db_role, os_user, host, tool_version, git_commit, git_dirty,
    previous, hash
)
SELECT entry.*,
       encode(
           sha256(
               convert_to(
                   (to_jsonb(entry) - 'applied_at'
                    || jsonb_build_object('applied_at', extract(EPOCH FROM applied_at)))::text,
                   'UTF8'
               )
           ),
           'hex'
       )
FROM entry
