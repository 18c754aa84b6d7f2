-- What to look for with messages.search: the words in the asker's language, or as they are for messages of other
-- languages, and the channel, which the index holds as a word.
CREATE OR REPLACE FUNCTION search_query(in_channel uuid, words text, language text DEFAULT 'english') RETURNS tsquery
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT ('''' || in_channel || '''')::tsquery
        && (websearch_to_tsquery(language::regconfig, words) || websearch_to_tsquery('simple', words))
$$;
