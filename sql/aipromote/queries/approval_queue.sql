-- Approval page: what waits for a decision, oldest first.

-- platformdb: personas="pieces in review"
SELECT organizations.id,
       count(content_pieces.organization_id) AS weight, organizations.created_at AS since
FROM organizations
LEFT JOIN content_pieces
    ON content_pieces.organization_id = organizations.id AND content_pieces.status = 'in_review' AND content_pieces.deleted_at IS NULL
GROUP BY organizations.id;

-- platformdb: target_ms=10
SELECT id, title, content_type, ai_model, ai_confidence, updated_at
FROM content_pieces
WHERE organization_id = $1 AND status = 'in_review' AND deleted_at IS NULL
ORDER BY updated_at
LIMIT 50;
