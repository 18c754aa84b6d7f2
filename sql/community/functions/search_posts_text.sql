-- The published posts that fit what somebody typed best, by full text; in one community, or in all.
--
-- Only the newest 1,000 that fit are ranked: a word that stands in every second post would else be ranked for seconds,
-- and nobody reads further. The plan depends on how rare the words are, so it is made for each search.
CREATE OR REPLACE FUNCTION search_posts_text(typed text, in_community uuid DEFAULT NULL, k integer DEFAULT 10)
RETURNS TABLE (post_id uuid, score real)
LANGUAGE plpgsql STABLE ROWS 10
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    wanted tsquery := search_query(typed);
BEGIN
    RETURN QUERY
    SELECT fit.id, ts_rank_cd(fit.search, wanted) AS rank
    FROM (
        SELECT posts.id, posts.search FROM posts
        WHERE posts.search @@ wanted AND posts.status = 'published'
          AND (in_community IS NULL OR posts.community_id = in_community)
        ORDER BY posts.published_at DESC, posts.id DESC
        LIMIT 1000
    ) AS fit
    ORDER BY rank DESC, fit.id DESC
    LIMIT k;
END
$$;
