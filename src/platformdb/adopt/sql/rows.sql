-- A tool's table as JSON, for its columns differ from version to version; a time without a zone is the session's.
SELECT to_jsonb(told.*), (to_jsonb(told.*) ->> %s)::timestamptz
FROM "the tool's table" AS told
ORDER BY to_jsonb(told.*) -> %s, 2, 1
