-- A tool's table as JSON, for its columns differ from version to version; a time without a zone is the session's.
-- A time that no tool writes (infinity, a word) is none.
SELECT said, CASE WHEN moment ~ '^\d{4}-\d\d-\d\d[T ][^B]*$' THEN moment::timestamptz END
FROM (SELECT to_jsonb(told.*) AS said, to_jsonb(told.*) ->> %s AS moment FROM "the tool's table" AS told) AS rows
ORDER BY said -> %s, 2, 1
