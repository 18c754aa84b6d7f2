-- Purge job: a file goes; the pieces that showed it stay.

-- platformdb: personas="pieces that show it"
-- More are not tried: what it takes grows with the rows that change.
SELECT assets.id, count(content_pieces.id) AS weight, assets.created_at AS since
FROM assets
LEFT JOIN content_pieces ON content_pieces.asset_id = assets.id
GROUP BY assets.id
HAVING count(content_pieces.id) <= 20;

-- platformdb: target_ms=50 rollback=on
DELETE FROM assets WHERE id = $1;
