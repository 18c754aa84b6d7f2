-- Administration: a strategy goes; what was made from it stays.

-- platformdb: personas="pieces made from it"
-- More are not tried: what it takes grows with the rows that change.
SELECT ai_strategies.id, count(content_pieces.id) AS weight, ai_strategies.created_at AS since
FROM ai_strategies
LEFT JOIN content_pieces ON content_pieces.strategy_id = ai_strategies.id
GROUP BY ai_strategies.id
HAVING count(content_pieces.id) <= 20;

-- platformdb: target_ms=50 rollback=on
DELETE FROM ai_strategies WHERE id = $1;
