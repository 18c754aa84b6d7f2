-- Login: the account by address or name, whatever their case.

-- platformdb: persona=heaviest
SELECT upper(email) FROM users WHERE deleted_at IS NULL ORDER BY length(email) DESC, id LIMIT 1;

-- platformdb: persona=by_name
SELECT upper(username) FROM users WHERE deleted_at IS NULL ORDER BY created_at DESC, id LIMIT 1;

-- platformdb: persona=stranger
SELECT 'nobody@example.com';

-- platformdb: target_ms=10
SELECT id, username, password_hash, role
FROM users
WHERE deleted_at IS NULL
  AND (lower(email) = lower($1) OR lower(username) = lower($1));
