-- Series: its parts in their order.

-- platformdb: personas="parts"
SELECT series.id, series.organization_id, series.pieces_count AS weight, series.created_at AS since
FROM series;

-- platformdb: target_ms=10
SELECT id, title, status, created_at
FROM content_pieces
WHERE series_id = $1 AND organization_id = $2 AND deleted_at IS NULL
ORDER BY created_at
LIMIT 100;
