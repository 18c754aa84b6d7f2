-- Administration: a pillar goes; its series and pieces stay.

-- platformdb: personas="pieces"
-- More are not tried: what it takes grows with the rows that change.
SELECT content_pillars.id, count(content_pieces.id) AS weight, content_pillars.created_at AS since
FROM content_pillars
LEFT JOIN content_pieces ON content_pieces.pillar_id = content_pillars.id
GROUP BY content_pillars.id
HAVING count(content_pieces.id) <= 20;

-- platformdb: target_ms=50 rollback=on
DELETE FROM content_pillars WHERE id = $1;
