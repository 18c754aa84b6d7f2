-- Text search: the 10 published posts that fit what somebody typed best, in one community or in all.

-- platformdb: persona=heaviest
-- A word that stands in very many posts.
SELECT 'model' AS typed, NULL::uuid AS community;

-- platformdb: persona=largest
SELECT 'measure or data', community_id
FROM posts WHERE status = 'published' GROUP BY 2 ORDER BY count(*) DESC, 2 LIMIT 1;

-- platformdb: persona=rare
SELECT 'fractions "and pizza"', NULL::uuid;

-- platformdb: target_ms=50
SELECT posts.id, posts.title, users.name, posts.published_at, found.score
FROM search_posts_text($1, $2, 10) AS found
JOIN posts ON posts.id = found.post_id
JOIN users ON users.id = posts.author_id
ORDER BY found.score DESC, posts.id DESC;
