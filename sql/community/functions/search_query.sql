-- What somebody typed, as a query: words, "phrases", or, -not. With a language in its words only; without one in those
-- of every language that posts.search knows, because the reader's posts may be in any.
CREATE OR REPLACE FUNCTION search_query(typed text, in_language text DEFAULT NULL) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE in_language
        WHEN 'en' THEN websearch_to_tsquery('english', typed)
        WHEN 'de' THEN websearch_to_tsquery('german', typed)
        WHEN 'es' THEN websearch_to_tsquery('spanish', typed)
        WHEN 'fr' THEN websearch_to_tsquery('french', typed)
        ELSE
            websearch_to_tsquery('english', typed) || websearch_to_tsquery('german', typed)
            || websearch_to_tsquery('spanish', typed) || websearch_to_tsquery('french', typed)
            || websearch_to_tsquery('simple', typed)
    END
$$;
