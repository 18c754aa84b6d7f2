-- Erasure: an account goes, with all that is its own.

-- platformdb: persona=typical
-- The one in the middle by what was written; a job does this, and its time grows with the rows that go.
SELECT id
FROM (
    SELECT users.id, row_number() OVER (ORDER BY count(comments.id), users.id) AS place, count(*) OVER () AS places
    FROM users
    LEFT JOIN comments ON comments.author_id = users.id
    GROUP BY users.id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=nothing
SELECT id FROM users
WHERE NOT EXISTS (SELECT FROM comments WHERE author_id = users.id) AND NOT EXISTS (SELECT FROM posts WHERE author_id = users.id)
ORDER BY id
LIMIT 1;

-- platformdb: target_ms=1000 rollback=on
DELETE FROM users WHERE id = $1;
