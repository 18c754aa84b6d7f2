-- What an interrupted REINDEX CONCURRENTLY leaves: invalid indexes with these endings, of the table or its TOAST table.
WITH named AS (
    SELECT coalesce(x.indrelid, c.oid) AS relation, CASE WHEN x.indexrelid IS NOT NULL THEN c.relname END AS index_name
    FROM pg_class AS c
    LEFT JOIN pg_index AS x ON x.indexrelid = c.oid
    WHERE c.oid = to_regclass(%(name)s)
), scope AS (
    SELECT c.oid, c.reltoastrelid
    FROM named
    JOIN pg_class AS c
        ON c.oid = named.relation OR c.oid IN (SELECT relid FROM pg_partition_tree(named.relation) WHERE isleaf)
)
SELECT CASE WHEN count(i.oid) > 0 THEN 'broken' ELSE 'again' END,
       'left behind: ' || string_agg(i.oid::regclass::text, ', ' ORDER BY i.relname),
       array_agg(format('DROP INDEX CONCURRENTLY IF EXISTS %%I.%%I', n.nspname, i.relname) ORDER BY i.relname)
FROM named
JOIN scope ON true
JOIN pg_index AS x ON x.indrelid IN (scope.oid, scope.reltoastrelid) AND NOT x.indisvalid
JOIN pg_class AS i ON i.oid = x.indexrelid AND i.relname ~ '_cc(new|old)[0-9]*$'
JOIN pg_namespace AS n ON n.oid = i.relnamespace
-- A long name was cut to make room for the ending.
WHERE named.index_name IS NULL
   OR starts_with(named.index_name::text, regexp_replace(i.relname::text, '_cc(new|old)[0-9]*$', ''))
