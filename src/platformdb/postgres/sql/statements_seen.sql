-- What this database spent its time on, platformdb's own questions apart.
SELECT query, sum(calls)::float8, sum(rows)::float8, sum(total_exec_time)::float8
FROM {schema}.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND toplevel
  AND query ~* '^\s*(--[^\n]*\n\s*|/\*.*?\*/\s*)*(select|with|insert|update|delete|merge|\()'
  AND query !~* '\m(pg_catalog|pg_stat_statements|pg_class|pg_locks|platformdb)\M'
GROUP BY query
ORDER BY 4 DESC, 1
LIMIT %s
