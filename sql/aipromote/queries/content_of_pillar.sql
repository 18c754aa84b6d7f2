-- Content library of one pillar: its pieces, newest first.

-- platformdb: personas="pieces"
SELECT content_pillars.id, content_pillars.organization_id,
       count(content_pieces.id) AS weight, content_pillars.created_at AS since
FROM content_pillars
LEFT JOIN content_pieces ON content_pieces.pillar_id = content_pillars.id
GROUP BY content_pillars.id;

-- platformdb: target_ms=50
SELECT id, title, content_type, status, created_at
FROM content_pieces
WHERE pillar_id = $1 AND organization_id = $2 AND deleted_at IS NULL
ORDER BY created_at DESC, id DESC
LIMIT 50;
