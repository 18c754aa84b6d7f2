-- Every table and partition that the users own, what its statistics were taken from, and what autovacuum thinks of it.
WITH options AS (
    SELECT c.oid, o.option_name AS name, o.option_value AS value
    FROM pg_class AS c
    CROSS JOIN LATERAL pg_options_to_table(c.reloptions) AS o
    WHERE c.relkind = 'r' AND c.reloptions IS NOT NULL
)
SELECT n.nspname || '.' || c.relname,
       format('%I.%I', rn.nspname, r.relname),
       c.relkind = 'p',
       c.reltuples::bigint,
       c.relpages,
       c.relallvisible,
       coalesce(s.n_dead_tup, 0),
       -- A vacuum that passed over pages only guesses how many rows there are: 25,373 were seen for 17,246.
       coalesce(s.n_mod_since_analyze, 0)
           + coalesce(greatest(s.last_vacuum, s.last_autovacuum) > greatest(s.last_analyze, s.last_autoanalyze), false)::int,
       greatest(s.last_analyze, s.last_autoanalyze) IS NOT NULL,
       coalesce(t.columns, 0),
       coalesce(t.widest, 0),
       EXISTS (SELECT FROM pg_stat_progress_analyze AS p WHERE p.relid = c.oid AND p.datname = current_database())
           OR EXISTS (SELECT FROM pg_stat_progress_vacuum AS p WHERE p.relid = c.oid AND p.datname = current_database()),
       due.vacuum OR due.analyze
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_class AS r ON r.oid = coalesce(pg_partition_root(c.oid), c.oid)
JOIN pg_namespace AS rn ON rn.oid = r.relnamespace
LEFT JOIN pg_stat_user_tables AS s ON s.relid = c.oid
LEFT JOIN LATERAL (
    SELECT count(*) AS columns,
           max(greatest(array_length(st.most_common_freqs, 1), array_length(st.histogram_bounds, 1) - 1)) AS widest
    FROM pg_stats AS st
    WHERE st.schemaname = n.nspname AND st.tablename = c.relname AND st.inherited = (c.relkind = 'p')
) AS t ON true
CROSS JOIN LATERAL (
    SELECT max(value) FILTER (WHERE name = 'autovacuum_enabled') AS enabled,
           max(value) FILTER (WHERE name = 'autovacuum_vacuum_threshold') AS vacuum_threshold,
           max(value) FILTER (WHERE name = 'autovacuum_vacuum_scale_factor') AS vacuum_scale,
           max(value) FILTER (WHERE name = 'autovacuum_vacuum_insert_threshold') AS insert_threshold,
           max(value) FILTER (WHERE name = 'autovacuum_vacuum_insert_scale_factor') AS insert_scale,
           max(value) FILTER (WHERE name = 'autovacuum_analyze_threshold') AS analyze_threshold,
           max(value) FILTER (WHERE name = 'autovacuum_analyze_scale_factor') AS analyze_scale
    FROM options
    WHERE options.oid = c.oid
) AS o
CROSS JOIN LATERAL (
    SELECT coalesce(o.enabled, 'true')::boolean AND current_setting('autovacuum')::boolean AS enabled,
           greatest(c.reltuples, 0)::double precision AS rows
) AS now
CROSS JOIN LATERAL (
    SELECT now.enabled AND (
               coalesce(s.n_dead_tup, 0) > coalesce(o.vacuum_threshold, current_setting('autovacuum_vacuum_threshold'))::bigint
                   + coalesce(o.vacuum_scale, current_setting('autovacuum_vacuum_scale_factor'))::float8 * now.rows
               OR coalesce(o.insert_threshold, current_setting('autovacuum_vacuum_insert_threshold'))::bigint >= 0
                  AND coalesce(s.n_ins_since_vacuum, 0)
                      > coalesce(o.insert_threshold, current_setting('autovacuum_vacuum_insert_threshold'))::bigint
                      + coalesce(o.insert_scale, current_setting('autovacuum_vacuum_insert_scale_factor'))::float8 * now.rows
           ) AS vacuum,
           now.enabled AND coalesce(s.n_mod_since_analyze, 0)
               > coalesce(o.analyze_threshold, current_setting('autovacuum_analyze_threshold'))::bigint
               + coalesce(o.analyze_scale, current_setting('autovacuum_analyze_scale_factor'))::float8 * now.rows AS analyze
) AS due
WHERE c.relkind IN ('r', 'p', 'm')
  AND c.relpersistence <> 't'
  AND n.nspname NOT LIKE 'pg\_%'
  AND n.nspname NOT IN ('information_schema', 'platformdb')
ORDER BY 1
