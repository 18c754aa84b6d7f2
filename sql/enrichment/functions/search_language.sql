-- The text search configuration for a locale such as de-DE; 'simple', which takes words as they are, for the rest.
CREATE OR REPLACE FUNCTION search_language(locale text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE split_part(locale, '-', 1)
        WHEN 'da' THEN 'danish'
        WHEN 'de' THEN 'german'
        WHEN 'en' THEN 'english'
        WHEN 'es' THEN 'spanish'
        WHEN 'fi' THEN 'finnish'
        WHEN 'fr' THEN 'french'
        WHEN 'hu' THEN 'hungarian'
        WHEN 'it' THEN 'italian'
        WHEN 'nb' THEN 'norwegian'
        WHEN 'nl' THEN 'dutch'
        WHEN 'nn' THEN 'norwegian'
        WHEN 'no' THEN 'norwegian'
        WHEN 'pt' THEN 'portuguese'
        WHEN 'ro' THEN 'romanian'
        WHEN 'ru' THEN 'russian'
        WHEN 'sv' THEN 'swedish'
        WHEN 'tr' THEN 'turkish'
        ELSE 'simple'
    END
$$;
