-- Failures: what went wrong, latest first, for the page that asks what to do about it.

-- platformdb: personas="posts that failed"
SELECT organizations.id,
       count(scheduled_posts.organization_id) AS weight, organizations.created_at AS since
FROM organizations
LEFT JOIN scheduled_posts
    ON scheduled_posts.organization_id = organizations.id AND scheduled_posts.status = 'failed'
GROUP BY organizations.id;

-- platformdb: target_ms=10
SELECT id, platform, scheduled_at, attempts, last_error, updated_at
FROM scheduled_posts
WHERE organization_id = $1 AND status = 'failed'
ORDER BY updated_at DESC
LIMIT 50;
