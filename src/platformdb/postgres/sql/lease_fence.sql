-- Taking the lease over changes its key, and so waits for this transaction; renewing it does not. What the database or
-- the role sets for applications must not end a migration, and no setting of the session outlives a transaction here.
SELECT 1, set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)
FROM platformdb.lease
WHERE token = $1::uuid
FOR KEY SHARE
