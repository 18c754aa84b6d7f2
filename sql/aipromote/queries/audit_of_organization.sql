-- Audit trail of an organization: the 50 newest entries.

-- platformdb: personas="entries"
SELECT organization_id, count(*) AS weight
FROM audit_log
WHERE organization_id IS NOT NULL
GROUP BY organization_id;

-- platformdb: target_ms=10
SELECT occurred_at, actor, table_name, object_id, action
FROM audit_log
WHERE organization_id = $1
ORDER BY occurred_at DESC, id DESC
LIMIT 50;
