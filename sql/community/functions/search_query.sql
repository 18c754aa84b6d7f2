-- What somebody typed, as a query in the words of a language: words, "phrases", or, -not. The same languages, in the
-- same configurations, as in posts.search.
CREATE OR REPLACE FUNCTION search_query(typed text, in_language text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE in_language
        WHEN 'en' THEN websearch_to_tsquery('english', typed)
        WHEN 'de' THEN websearch_to_tsquery('german', typed)
        WHEN 'es' THEN websearch_to_tsquery('spanish', typed)
        WHEN 'fr' THEN websearch_to_tsquery('french', typed)
        ELSE websearch_to_tsquery('simple', typed)
    END
$$;
