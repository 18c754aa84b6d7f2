-- Semantic search: the 10 published posts nearest in meaning, in one community or in all.

-- platformdb: persona=heaviest
-- Half-way between two posts of the largest community, and only there.
SELECT l2_normalize(first.embedding + last.embedding) AS meaning, first.community_id
FROM (
    SELECT community_id FROM posts WHERE status = 'published' AND embedding IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
) AS largest
CROSS JOIN LATERAL (
    SELECT embedding, community_id FROM posts
    WHERE community_id = largest.community_id AND status = 'published' AND embedding IS NOT NULL ORDER BY id LIMIT 1
) AS first
CROSS JOIN LATERAL (
    SELECT embedding FROM posts
    WHERE community_id = largest.community_id AND status = 'published' AND embedding IS NOT NULL ORDER BY id DESC LIMIT 1
) AS last;

-- platformdb: persona=smallest
-- The same in the smallest community, which is the most selective filter.
SELECT first.embedding AS meaning, first.community_id
FROM (
    SELECT community_id FROM posts WHERE status = 'published' AND embedding IS NOT NULL GROUP BY 1 ORDER BY count(*), 1 LIMIT 1
) AS smallest
CROSS JOIN LATERAL (
    SELECT embedding, community_id FROM posts
    WHERE community_id = smallest.community_id AND status = 'published' AND embedding IS NOT NULL ORDER BY id LIMIT 1
) AS first;

-- platformdb: persona=everywhere
-- In all communities.
SELECT l2_normalize(first.embedding + last.embedding) AS meaning, NULL::uuid
FROM (SELECT embedding FROM posts WHERE status = 'published' AND embedding IS NOT NULL ORDER BY id LIMIT 1) AS first
CROSS JOIN (SELECT embedding FROM posts WHERE status = 'published' AND embedding IS NOT NULL ORDER BY id DESC LIMIT 1) AS last;

-- The graph of an HNSW index is made by chance: another build reads up to a fifth more pages.
-- platformdb: target_ms=50 extension=vector tolerance=50
SELECT posts.id, posts.title, users.name, posts.published_at, found.distance
FROM search_posts_semantic($1, $2, 10) AS found
JOIN posts ON posts.id = found.post_id
JOIN users ON users.id = posts.author_id
ORDER BY found.distance;
