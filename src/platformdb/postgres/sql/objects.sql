WITH tables AS (
    SELECT c.oid
    FROM pg_class AS c
    WHERE c.relkind IN ('r', 'p')
      AND NOT c.relispartition
      AND pg_table_is_visible(c.oid)
      AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
)
SELECT (SELECT count(*) FROM tables),
       (SELECT count(*) FROM pg_index WHERE indrelid IN (SELECT oid FROM tables)),
       (SELECT count(*) FROM pg_constraint WHERE conrelid IN (SELECT oid FROM tables) AND contype IN ('p', 'u', 'x')),
       (SELECT count(*) FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM tables) AND NOT tgisinternal)
