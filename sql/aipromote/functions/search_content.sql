-- An organization's newest pieces with these words, a page of them, of one type or of any.
--
-- Rare words are looked up in the index of words; common ones are met soon in the library's order. Which is better can
-- only be said of these very words: so the query is planned anew each time, which takes a fraction of a millisecond.
CREATE OR REPLACE FUNCTION search_content(
    organization_id uuid, words text, content_type text DEFAULT NULL, before text DEFAULT page_cursor('infinity'),
    page_size integer DEFAULT 20
) RETURNS TABLE (
    id uuid, title text, excerpt text, type text, status text, ai_model text, created_at timestamptz, cursor text
)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT id, title, left(body, 120), content_type::text, status::text, ai_model, created_at,
           page_cursor(created_at, id)
    FROM content_pieces
    WHERE organization_id = search_content.organization_id
      AND search @@ websearch_to_tsquery('simple', words)
      AND deleted_at IS NULL
      AND (search_content.content_type IS NULL OR content_type = search_content.content_type::content_type)
      AND (created_at, id) < (cursor_at(before), cursor_id(before))
    ORDER BY created_at DESC, id DESC
    LIMIT page_size;
END
$$;
