-- Posting two pictures: the quota is charged, and the post stands in every list at once.

-- platformdb: personas="files uploaded"
SELECT users.id, coalesce(uploaded.files, 0) AS weight
FROM users
JOIN storage_usage ON storage_usage.user_id = users.id
LEFT JOIN (
    SELECT user_id, count(*) AS files FROM post_media GROUP BY user_id
) AS uploaded ON uploaded.user_id = users.id
WHERE storage_usage.quota_bytes - storage_usage.used_bytes > 3000000;

-- platformdb: target_ms=50 rollback=on
WITH post AS (
    INSERT INTO posts (user_id, type, content) VALUES ($1, 'image', 'Two herons at the weir this morning.')
    RETURNING id, user_id
)
INSERT INTO post_media (post_id, user_id, type, url, mime_type, size_bytes, position)
SELECT post.id, post.user_id, 'image', 'https://media.example.org/' || picture, 'image/jpeg', 1500000, picture
FROM post CROSS JOIN generate_series(0, 1) AS picture;
