-- Write: content is asked for; the owner is charged and a job is put in the queue.

-- platformdb: personas="pieces"
SELECT organizations.id,
       count(content_pieces.organization_id) AS weight, organizations.created_at AS since
FROM organizations
LEFT JOIN content_pieces
    ON content_pieces.organization_id = organizations.id AND content_pieces.deleted_at IS NULL
GROUP BY organizations.id;

-- platformdb: target_ms=10 rollback=on
SELECT request_generation($1, 'content_generation', '{"brief": "On herons"}', 'once');
