-- Write: a model's draft is put into the library.

-- platformdb: personas="pieces"
SELECT organizations.id, (SELECT max(created_at) FROM content_pieces) AS now,
       count(content_pieces.organization_id) AS weight, organizations.created_at AS since
FROM organizations
LEFT JOIN content_pieces
    ON content_pieces.organization_id = organizations.id AND content_pieces.deleted_at IS NULL
GROUP BY organizations.id;

-- platformdb: target_ms=10 rollback=on
INSERT INTO content_pieces (organization_id, content_type, title, body, ai_model, ai_confidence, ai_metadata, created_at)
VALUES (
    $1, 'post', 'On herons', repeat('They stand still and wait for what comes. ', 20), 'example/large-3', 0.8, '{}', $2
);
