-- Mail job: a worker asks whether there is anything to send; mostly there is nothing.

-- platformdb: target_ms=10 rollback=on
SELECT * FROM take_announcement(500);
