-- Content search: an organization's newest pieces with these words, of one type or of any.

-- platformdb: personas="pieces"
SELECT organizations.id, 'winter' AS words, NULL::text AS content_type,
       count(content_pieces.organization_id) AS weight, organizations.created_at AS since
FROM organizations
LEFT JOIN content_pieces
    ON content_pieces.organization_id = organizations.id AND content_pieces.deleted_at IS NULL
GROUP BY organizations.id;

-- platformdb: persona=words_of_others
SELECT organization_id, 'bikes subscription' AS words, NULL::text AS content_type
FROM (
    SELECT organization_id FROM content_pieces WHERE deleted_at IS NULL
    GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1
) AS largest;

-- platformdb: persona=common_words
SELECT organization_id, 'the' AS words, 'image' AS content_type
FROM (
    SELECT organization_id FROM content_pieces WHERE deleted_at IS NULL
    GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1
) AS largest;

-- Rare words are looked up in the index of words; common ones are met soon in the organization's newest pieces.
-- platformdb: target_ms=50
SELECT *
FROM search_content($1, $2, $3);
