-- Write: an approved piece is to go out on an account; it is charged to the plan.

-- platformdb: personas="posts of the account"
SELECT s.organization_id, s.id, s.platform, piece.id AS content_piece_id, latest.at AS scheduled_at, counted.weight
FROM (SELECT max(scheduled_at) AS at FROM scheduled_posts) AS latest
CROSS JOIN (SELECT social_account_id, count(*) AS weight FROM scheduled_posts GROUP BY social_account_id) AS counted
JOIN social_accounts AS s ON s.id = counted.social_account_id AND s.revoked_at IS NULL AND s.can_publish
CROSS JOIN LATERAL (
    SELECT id FROM content_pieces
    WHERE content_pieces.organization_id = s.organization_id AND status = 'approved' AND deleted_at IS NULL
    ORDER BY created_at DESC, id DESC
    LIMIT 1
) AS piece;

-- platformdb: target_ms=10 rollback=on
INSERT INTO scheduled_posts
    (organization_id, social_account_id, platform, content_piece_id, scheduled_at, status, idempotency_key)
VALUES ($1, $2, $3, $4, $5, 'scheduled', 'once');
