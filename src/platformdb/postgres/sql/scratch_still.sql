-- Autovacuum would tidy up, or take statistics anew, between one query and the next.
DO $$
DECLARE
    found regclass;
BEGIN
    FOR found IN
        SELECT c.oid
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm')
          AND n.nspname NOT LIKE 'pg\_%'
          AND n.nspname <> 'information_schema'
          AND pg_has_role(c.relowner, 'USAGE')
    LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', found);
    END LOOP;
END
$$
