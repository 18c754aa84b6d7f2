-- What this transaction updated so far, and how much of it heap-only; of a partitioned table in all of its parts.
SELECT coalesce(sum(pg_stat_get_xact_tuples_updated(relid)), 0)::bigint,
       coalesce(sum(pg_stat_get_xact_tuples_hot_updated(relid)), 0)::bigint
FROM (SELECT %s::oid AS relid UNION SELECT relid FROM pg_partition_tree(%s::oid) WHERE isleaf) AS parts
