-- Content search: an organization's newest pieces with these words, of one type or of any.
--
-- Rare words are looked up in the index of words; common ones are met soon in the organization's newest pieces.

-- platformdb: persona=busiest
SELECT organization_id, 'winter', NULL::text
FROM (
    SELECT organization_id, count(*) AS weight
    FROM content_pieces
    WHERE deleted_at IS NULL
    GROUP BY organization_id
) AS ranked
ORDER BY weight DESC, organization_id
LIMIT 1;

-- platformdb: persona=median
SELECT organization_id, 'winter', NULL::text
FROM (
    SELECT *, row_number() OVER (ORDER BY weight, organization_id) AS place, count(*) OVER () AS places
    FROM (
        SELECT organization_id, count(*) AS weight
        FROM content_pieces
        WHERE deleted_at IS NULL
        GROUP BY organization_id
    ) AS counted
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT organization_id, 'winter', NULL::text
FROM (
    SELECT organization_id, count(*) AS weight
    FROM content_pieces
    WHERE deleted_at IS NULL
    GROUP BY organization_id
) AS ranked
ORDER BY weight, organization_id
LIMIT 1;

-- platformdb: persona=words_of_others
SELECT organization_id, 'bikes subscription', NULL::text
FROM (
    SELECT organization_id, count(*) AS weight
    FROM content_pieces
    WHERE deleted_at IS NULL
    GROUP BY organization_id
) AS ranked
ORDER BY weight DESC, organization_id
LIMIT 1;

-- platformdb: persona=common_words
SELECT organization_id, 'the', 'image'
FROM (
    SELECT organization_id, count(*) AS weight
    FROM content_pieces
    WHERE deleted_at IS NULL
    GROUP BY organization_id
) AS ranked
ORDER BY weight DESC, organization_id
LIMIT 1;

-- platformdb: target_ms=50
SELECT *
FROM search_content($1, $2, $3);
