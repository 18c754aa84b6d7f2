-- Erasure: an account goes for good, with all that its user wrote.

-- platformdb: persona=typical
-- Of those who own no server: the one in the middle by what they wrote.
SELECT id
FROM (
    SELECT users.id, row_number() OVER (ORDER BY count(messages.id), users.id) AS place, count(*) OVER () AS places
    FROM users
    LEFT JOIN messages ON messages.author_id = users.id
    WHERE NOT EXISTS (SELECT FROM servers WHERE servers.owner_id = users.id)
    GROUP BY users.id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=least
-- Who wrote least.
SELECT users.id
FROM users
LEFT JOIN messages ON messages.author_id = users.id
WHERE NOT EXISTS (SELECT FROM servers WHERE servers.owner_id = users.id)
GROUP BY users.id
ORDER BY count(messages.id), users.id
LIMIT 1;

-- platformdb: target_ms=1000 rollback=on large=2000 whole="message_mentions" reason="a month has a few pages of them"
WITH unsaid AS (
    DELETE FROM messages WHERE author_id = $1
)
DELETE FROM users WHERE id = $1;
