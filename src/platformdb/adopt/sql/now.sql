-- The database's clock, with which the history is written.
SELECT clock_timestamp()
