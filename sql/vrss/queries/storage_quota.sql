-- Storage quota: the bytes a user may still upload.

-- platformdb: persona=fullest
SELECT user_id
FROM storage_usage
ORDER BY used_bytes DESC, user_id
LIMIT 1;

-- platformdb: persona=median
SELECT user_id
FROM (
    SELECT user_id, row_number() OVER (ORDER BY used_bytes, user_id) AS place, count(*) OVER () AS places
    FROM storage_usage
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=emptiest
SELECT user_id
FROM storage_usage
ORDER BY used_bytes, user_id
LIMIT 1;

-- platformdb: target_ms=5
SELECT (quota_bytes - used_bytes) AS available
FROM storage_usage
WHERE user_id = $1;
