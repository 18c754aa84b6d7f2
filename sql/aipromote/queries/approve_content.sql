-- Write: a piece is approved, and its posts may go out.

-- platformdb: personas="posts that wait for it"
SELECT content_pieces.id, organizations.user_id, latest.at AS now, count(scheduled_posts.id) AS weight
FROM (SELECT max(created_at) AS at FROM content_pieces) AS latest
CROSS JOIN content_pieces
JOIN organizations ON organizations.id = content_pieces.organization_id
LEFT JOIN scheduled_posts ON scheduled_posts.content_piece_id = content_pieces.id AND scheduled_posts.status = 'pending'
WHERE content_pieces.status = 'in_review' AND content_pieces.deleted_at IS NULL
GROUP BY content_pieces.id, organizations.user_id, latest.at;

-- platformdb: target_ms=50 rollback=on
UPDATE content_pieces SET status = 'approved', approved_by = $2, approved_at = $3 WHERE id = $1;
