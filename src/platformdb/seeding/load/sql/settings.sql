SET LOCAL idle_in_transaction_session_timeout = 0;
-- Indexes come back where they were: one that has no tablespace of its own must not get the role's favourite.
SET LOCAL default_tablespace = '';
-- A long statement ends a second after its client; not every platform can see that.
DO $$ BEGIN
    PERFORM set_config('client_connection_check_interval', '1s', TRUE);
EXCEPTION WHEN invalid_parameter_value THEN NULL;
END $$
