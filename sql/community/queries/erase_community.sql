-- Erasure: a community that never sold anything goes, with its spaces, posts, events and members.

-- platformdb: persona=smallest
-- A job does this, and its time grows with the rows that go.
SELECT id FROM communities
WHERE NOT EXISTS (SELECT FROM subscriptions WHERE subscriptions.community_id = communities.id)
ORDER BY members_count, id
LIMIT 1;

-- platformdb: target_ms=1000 rollback=on
DELETE FROM communities WHERE id = $1;
