-- The tables that a seed filled, quoted, and how many rows it brought.
SELECT to_jsonb(s) -> 'tables', (to_jsonb(s) ->> 'rows')::bigint FROM platformdb.seed AS s WHERE platform = %s
