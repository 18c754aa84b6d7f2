SELECT a.attname
FROM pg_index AS x
CROSS JOIN LATERAL unnest(x.indkey::smallint[]) WITH ORDINALITY AS k (attnum, position)
JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
WHERE x.indisprimary
  AND x.indrelid = to_regclass(%s)
ORDER BY k.position
