-- Content library: a page of an organization's content, newest first.
--
-- Parameters: the organization, the cursor of the page before, and a status or NULL for all.

-- platformdb: persona=busiest
SELECT organization_id, page_cursor('infinity'), NULL::text
FROM (
    SELECT organization_id, count(*) AS weight
    FROM content_pieces
    WHERE deleted_at IS NULL
    GROUP BY organization_id
) AS ranked
ORDER BY weight DESC, organization_id
LIMIT 1;

-- platformdb: persona=median
SELECT organization_id, page_cursor('infinity'), NULL::text
FROM (
    SELECT *, row_number() OVER (ORDER BY weight, organization_id) AS place, count(*) OVER () AS places
    FROM (
        SELECT organization_id, count(*) AS weight
        FROM content_pieces
        WHERE deleted_at IS NULL
        GROUP BY organization_id
    ) AS counted
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT organization_id, page_cursor('infinity'), NULL::text
FROM (
    SELECT organization_id, count(*) AS weight
    FROM content_pieces
    WHERE deleted_at IS NULL
    GROUP BY organization_id
) AS ranked
ORDER BY weight, organization_id
LIMIT 1;

-- platformdb: persona=far_behind
SELECT organization_id, (
    SELECT page_cursor(min(created_at) + interval '30 days') FROM content_pieces AS oldest
    WHERE oldest.organization_id = ranked.organization_id
), 'approved'
FROM (
    SELECT organization_id, count(*) AS weight
    FROM content_pieces
    WHERE deleted_at IS NULL
    GROUP BY organization_id
) AS ranked
ORDER BY weight DESC, organization_id
LIMIT 1;

-- platformdb: target_ms=50
SELECT id, title, content_type, status, ai_model, ai_confidence, created_at, page_cursor(created_at, id) AS cursor
FROM content_pieces
WHERE organization_id = $1
  AND deleted_at IS NULL
  AND (created_at, id) < (cursor_at($2), cursor_id($2))
  AND ($3::text IS NULL OR status = $3::content_status)
ORDER BY created_at DESC, id DESC
LIMIT 50;
