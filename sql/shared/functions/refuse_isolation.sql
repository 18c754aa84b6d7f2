-- For work that waits for a lock and must then see what the others committed: from REPEATABLE READ on, a transaction
-- keeps the snapshot from before the wait. An error now is better than a wrong row that nobody notices.
CREATE OR REPLACE FUNCTION refuse_isolation(action text, refused text[], instead text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    isolation text := current_setting('transaction_isolation');
BEGIN
    IF isolation = ANY (refused) THEN
        RAISE EXCEPTION '% cannot be done at isolation level %', action, upper(isolation)
            USING ERRCODE = 'feature_not_supported',
                  DETAIL = 'The transaction''s snapshot may be older than what others have committed meanwhile.',
                  HINT = format('Use %s for this transaction.', instead);
    END IF;
END
$$;
