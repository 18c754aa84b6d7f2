-- Erasure: an account goes for good, with its organizations and all that is theirs.

-- platformdb: persona=typical
-- The one in the middle by the pieces of his organizations; a job does this, and its time grows with the rows that go.
SELECT user_id
FROM (
    SELECT user_id, row_number() OVER (ORDER BY count(content_pieces.id), user_id) AS place, count(*) OVER () AS places
    FROM organizations
    LEFT JOIN content_pieces ON content_pieces.organization_id = organizations.id
    GROUP BY user_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=nothing
SELECT id FROM users
WHERE NOT EXISTS (SELECT FROM organizations WHERE organizations.user_id = users.id)
ORDER BY id
LIMIT 1;

-- platformdb: target_ms=1000 rollback=on
DELETE FROM users WHERE id = $1;
