-- platformdb: extension=vector requires=search_posts_semantic

-- What fits by words or by meaning, best first: reciprocal rank fusion. Each of the two searches gives a post
-- 1 / (60 + its place); the sum orders them. Only places count, so a rank and a distance need no common scale.
-- 60 is the constant of Cormack, Clarke and Büttcher, "Reciprocal rank fusion" (SIGIR 2009).
CREATE OR REPLACE FUNCTION hybrid_search(typed text, meaning vector, in_community uuid DEFAULT NULL, k integer DEFAULT 10)
RETURNS TABLE (post_id uuid, score double precision, text_place bigint, meaning_place bigint)
LANGUAGE sql STABLE ROWS 10
AS $$
    WITH by_text AS (
        SELECT found.post_id, row_number() OVER (ORDER BY found.score DESC, found.post_id DESC) AS place
        FROM search_posts_text(typed, in_community, greatest(k, 50)) AS found
    ), by_meaning AS (
        SELECT found.post_id, row_number() OVER (ORDER BY found.distance, found.post_id) AS place
        FROM search_posts_semantic(meaning, in_community, greatest(k, 50)) AS found
    )
    SELECT
        post_id,
        coalesce(1.0::double precision / (60 + by_text.place), 0)
            + coalesce(1.0::double precision / (60 + by_meaning.place), 0) AS score,
        by_text.place,
        by_meaning.place
    FROM by_text FULL JOIN by_meaning USING (post_id)
    ORDER BY score DESC, post_id DESC
    LIMIT k
$$;
