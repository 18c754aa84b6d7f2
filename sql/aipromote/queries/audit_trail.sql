-- Audit trail: who did what to one object, newest first.

-- platformdb: personas="entries"
SELECT table_name, object_id, count(*) AS weight
FROM audit_log
GROUP BY table_name, object_id;

-- platformdb: target_ms=10
SELECT occurred_at, actor, action, changes
FROM audit_log
WHERE table_name = $1
  AND object_id = $2
ORDER BY occurred_at DESC, id DESC
LIMIT 50;
