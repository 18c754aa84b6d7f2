-- The published posts that fit what somebody typed best, by full text; in one community, or in all. Each post is asked
-- in its own language: a query for all languages at once would find what -not should leave out.
--
-- Only the newest 1,000 that fit are ranked: a word that stands in every second post would else be ranked for seconds,
-- and nobody reads further. The plan depends on how rare the words are, so it is made for each search.
CREATE OR REPLACE FUNCTION search_posts_text(typed text, in_community uuid DEFAULT NULL, k integer DEFAULT 10)
RETURNS TABLE (post_id uuid, score real)
LANGUAGE plpgsql STABLE ROWS 10
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    english tsquery := search_query(typed, 'en');
    german  tsquery := search_query(typed, 'de');
    spanish tsquery := search_query(typed, 'es');
    french  tsquery := search_query(typed, 'fr');
    other   tsquery := search_query(typed, '');
BEGIN
    RETURN QUERY
    SELECT fit.id, ts_rank_cd(fit.search, search_query(typed, fit.language)) AS rank
    FROM (
        SELECT posts.id, posts.search, posts.language FROM posts
        WHERE posts.status = 'published' AND (in_community IS NULL OR posts.community_id = in_community)
          AND (
              posts.search @@ english AND posts.language = 'en'
              OR posts.search @@ german AND posts.language = 'de'
              OR posts.search @@ spanish AND posts.language = 'es'
              OR posts.search @@ french AND posts.language = 'fr'
              OR posts.search @@ other AND posts.language NOT IN ('en', 'de', 'es', 'fr')
          )
        ORDER BY posts.published_at DESC, posts.id DESC
        LIMIT 1000
    ) AS fit
    ORDER BY rank DESC, fit.id DESC
    LIMIT k;
END
$$;
