-- platformdb: extension=vector requires=embedding

-- Loads the extension's library: only then may one who is no superuser name a setting of it below.
SELECT '[1]'::vector;

-- The published posts whose meaning is nearest to a vector, nearest first; in one community, or in all.
--
-- An HNSW index gives the nearest posts of all, and other communities fall out of them afterwards; with iterative scans
-- it goes on looking until there are k, or max_scan_tuples were looked at. With ef_search 80 it finds all but a few in a
-- thousand of the ten nearest of 100,000 (benchmarks/search.py), and has the fifty that hybrid_search asks for at once.
CREATE OR REPLACE FUNCTION search_posts_semantic(meaning vector, in_community uuid DEFAULT NULL, k integer DEFAULT 10)
RETURNS TABLE (post_id uuid, distance double precision)
LANGUAGE plpgsql STABLE ROWS 10
SET hnsw.iterative_scan = strict_order
SET hnsw.ef_search = 80
SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT posts.id, posts.embedding <=> meaning AS distance FROM posts
    WHERE posts.status = 'published' AND posts.embedding IS NOT NULL
      AND (in_community IS NULL OR posts.community_id = in_community)
    ORDER BY posts.embedding <=> meaning
    LIMIT k;
END
$$;
