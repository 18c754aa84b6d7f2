-- Moderation: a comment is taken down; those who answered it keep their place.

-- platformdb: personas="replies"
SELECT comments.id, latest.at AS now, count(reply.id) AS weight
FROM (SELECT max(created_at) AS at FROM comments) AS latest
CROSS JOIN comments
LEFT JOIN comments AS reply ON reply.parent_id = comments.id
WHERE comments.deleted_at IS NULL
GROUP BY comments.id, latest.at;

-- platformdb: target_ms=10 rollback=on
UPDATE comments SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL;
