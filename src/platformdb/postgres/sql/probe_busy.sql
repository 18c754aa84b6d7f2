-- Sessions that are still at it: a server goes on with a statement whose client is gone until it has something to send.
-- Of other roles' sessions the query is hidden, but not the lock under which an index of the table is being built.
WITH named AS (
    SELECT ident[cardinality(ident)] AS name,
           ARRAY[to_regclass(nullif(%(table)s::text, '')), to_regclass(%(name)s)]::oid[] AS relations
    FROM parse_ident(%(name)s) AS ident
)
SELECT string_agg(format('pid %%s (%%s)', a.pid, a.usename), ', ' ORDER BY a.pid)
FROM named
JOIN pg_stat_activity AS a ON a.pid <> pg_backend_pid()
WHERE (
        a.state = 'active'
        -- Many databases of one server may be migrated at once, each with an index of that name.
        AND (
            (a.datname = current_database() AND a.query ~* '^[^;]*\m(concurrently|finalize|subscription)\M')
            OR a.query ~* '^[^;]*\m(create|drop)\s+(database|tablespace)\M'
        )
        AND a.query ~* ('(^|\W)' || regexp_replace(named.name, '(\W)', '\\\1', 'g') || '(\W|$)')
    )
   OR EXISTS (
        SELECT
        FROM pg_stat_progress_create_index AS b
        JOIN pg_locks AS l ON l.pid = b.pid AND l.mode = 'ShareUpdateExclusiveLock'
        JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()
        LEFT JOIN pg_index AS x ON x.indrelid = l.relation
        WHERE b.pid = a.pid
          AND (l.relation = ANY (named.relations) OR x.indexrelid = ANY (named.relations))
    )
