-- For each foreign key of these tables and their partitions a query that says whether a row refers to nothing.
SELECT
    k.conrelid::regclass::text,
    k.conname,
    format(
        'SELECT EXISTS (SELECT FROM %%s AS f WHERE (%%s) AND NOT EXISTS (SELECT FROM %%s AS p WHERE (%%s)))',
        k.conrelid::regclass,
        string_agg(format('f.%%I IS NOT NULL', a.attname), CASE k.confmatchtype WHEN 'f' THEN ' OR ' ELSE ' AND ' END),
        k.confrelid::regclass,
        string_agg(format('p.%%I = f.%%I', b.attname, a.attname), ' AND ')
    )
FROM pg_constraint AS k
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (own, other)
JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = pair.own
JOIN pg_attribute AS b ON b.attrelid = k.confrelid AND b.attnum = pair.other
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.convalidated
    AND k.conrelid IN (
        SELECT coalesce(p.relid, named.oid)
        FROM unnest(%s::text[]::regclass[]) AS named (oid)
        LEFT JOIN LATERAL pg_partition_tree(named.oid) AS p ON TRUE
    )
GROUP BY k.oid, k.conname, k.conrelid, k.confrelid, k.confmatchtype
ORDER BY k.oid
