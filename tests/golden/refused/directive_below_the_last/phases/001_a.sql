CREATE TABLE a (x int);

-- platformdb: lock_timeout=2s
