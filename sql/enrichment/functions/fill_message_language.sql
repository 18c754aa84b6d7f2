-- A message is in its author's language unless somebody, an analysis say, knows better.
CREATE OR REPLACE FUNCTION fill_message_language() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.language := coalesce((SELECT search_language(locale) FROM users WHERE id = NEW.author_id), 'simple');
    RETURN NEW;
END
$$;
