-- How many accounts hang on which key: a retired one with none left can be destroyed.
CREATE OR REPLACE VIEW encryption_key_use AS
SELECT encryption_keys.id AS key_id, encryption_keys.retired_at, count(social_accounts.id) AS accounts
FROM encryption_keys
LEFT JOIN social_accounts ON social_accounts.key_id = encryption_keys.id
GROUP BY encryption_keys.id;

COMMENT ON VIEW encryption_key_use IS 'The keys and how many accounts are encrypted with each.';
