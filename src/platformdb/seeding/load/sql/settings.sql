SET LOCAL idle_in_transaction_session_timeout = 0;
-- A long statement ends a second after its client; not every platform can see that.
DO $$ BEGIN
    PERFORM set_config('client_connection_check_interval', '1s', TRUE);
EXCEPTION WHEN invalid_parameter_value THEN NULL;
END $$
