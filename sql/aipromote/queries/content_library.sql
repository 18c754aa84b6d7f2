-- Content library: a page of an organization's content, newest first, of a status or of all.

-- platformdb: personas="pieces"
SELECT organizations.id, page_cursor('infinity') AS cursor, NULL::text AS status,
       count(content_pieces.organization_id) AS weight, organizations.created_at AS since
FROM organizations
LEFT JOIN content_pieces
    ON content_pieces.organization_id = organizations.id AND content_pieces.deleted_at IS NULL
GROUP BY organizations.id;

-- platformdb: persona=last_page
-- Of the organization with most pieces: what it approved in its first month.
SELECT organization_id, page_cursor(min(created_at) + interval '30 days') AS cursor, 'approved' AS status
FROM (
    SELECT organization_id FROM content_pieces WHERE deleted_at IS NULL
    GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1
) AS largest
JOIN content_pieces USING (organization_id)
GROUP BY organization_id;

-- platformdb: target_ms=50
SELECT id, title, content_type, status, ai_model, ai_confidence, created_at, page_cursor(created_at, id) AS cursor
FROM content_pieces
WHERE organization_id = $1
  AND deleted_at IS NULL
  AND (created_at, id) < (cursor_at($2), cursor_id($2))
  AND ($3::text IS NULL OR status = $3::content_status)
ORDER BY created_at DESC, id DESC
LIMIT 50;
