-- Storage quota: the bytes a user may still upload.

-- platformdb: personas="bytes used"
SELECT user_id, used_bytes AS weight, created_at AS since FROM storage_usage;

-- platformdb: target_ms=5
SELECT (quota_bytes - used_bytes) AS available
FROM storage_usage
WHERE user_id = $1;
