-- Every relation of the users that has rows or an index's entries, with the table that it belongs to.
SELECT c.oid::bigint,
       coalesce(i.indrelid, c.oid)::bigint,
       n.nspname,
       c.relname,
       c.relkind::text,
       c.relfilenode::bigint,
       CASE
           WHEN c.relkind = 'p' THEN (
               SELECT coalesce(sum(pg_relation_size(part.relid)), 0)
               FROM pg_partition_tree(c.oid) AS part
               WHERE part.isleaf
           )
           WHEN c.relkind IN ('r', 'm', 'i') THEN pg_relation_size(c.oid)
           + CASE WHEN c.reltoastrelid > 0 THEN pg_relation_size(c.reltoastrelid) ELSE 0 END
           ELSE 0
       END::bigint,
       pg_stat_get_numscans(c.oid),
       pg_stat_get_tuples_inserted(c.oid),
       pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
WHERE c.oid >= 16384
  AND c.relkind IN ('r', 'm', 'p', 'i', 'I', 'v', 'S', 'f')
  AND n.nspname NOT IN ('platformdb', 'pg_toast')
  AND n.nspname NOT LIKE 'pg\_temp%'
