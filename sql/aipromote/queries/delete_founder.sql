-- Administration: a founder goes; his accounts stay with the organization.

-- platformdb: personas="accounts"
SELECT founders.id, count(social_accounts.id) AS weight, founders.created_at AS since
FROM founders
LEFT JOIN social_accounts ON social_accounts.founder_id = founders.id
GROUP BY founders.id;

-- platformdb: target_ms=10 rollback=on
DELETE FROM founders WHERE id = $1;
