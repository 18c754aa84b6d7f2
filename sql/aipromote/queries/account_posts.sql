-- Account page: its posts, latest first.

-- platformdb: personas="posts"
SELECT social_accounts.id, social_accounts.organization_id, social_accounts.platform,
       count(scheduled_posts.id) AS weight, social_accounts.created_at AS since
FROM social_accounts
LEFT JOIN scheduled_posts ON scheduled_posts.social_account_id = social_accounts.id
GROUP BY social_accounts.id;

-- platformdb: target_ms=10
SELECT id, status, scheduled_at, published_at, external_id
FROM scheduled_posts
WHERE social_account_id = $1 AND organization_id = $2 AND platform = $3
ORDER BY scheduled_at DESC
LIMIT 50;
