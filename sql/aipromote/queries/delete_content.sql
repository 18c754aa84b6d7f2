-- Purge job: a piece goes for good, with its posts and their figures.

-- platformdb: personas="posts"
SELECT content_pieces.id, count(scheduled_posts.id) AS weight, content_pieces.created_at AS since
FROM content_pieces
LEFT JOIN scheduled_posts ON scheduled_posts.content_piece_id = content_pieces.id
GROUP BY content_pieces.id;

-- platformdb: target_ms=50 rollback=on
DELETE FROM content_pieces WHERE id = $1;
