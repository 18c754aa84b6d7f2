-- Audit trail: who did what to one object, newest first.

-- platformdb: persona=busiest
SELECT table_name, object_id
FROM (
    SELECT table_name, object_id, count(*) AS weight
    FROM audit_log
    GROUP BY table_name, object_id
) AS ranked
ORDER BY weight DESC, table_name
LIMIT 1;

-- platformdb: persona=median
SELECT table_name, object_id
FROM (
    SELECT *, row_number() OVER (ORDER BY weight, table_name) AS place, count(*) OVER () AS places
    FROM (
        SELECT table_name, object_id, count(*) AS weight
        FROM audit_log
        GROUP BY table_name, object_id
    ) AS counted
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT table_name, object_id
FROM (
    SELECT table_name, object_id, count(*) AS weight
    FROM audit_log
    GROUP BY table_name, object_id
) AS ranked
ORDER BY weight, table_name
LIMIT 1;

-- platformdb: target_ms=10
SELECT occurred_at, actor, action, changes
FROM audit_log
WHERE table_name = $1
  AND object_id = $2
ORDER BY occurred_at DESC, id DESC
LIMIT 50;
