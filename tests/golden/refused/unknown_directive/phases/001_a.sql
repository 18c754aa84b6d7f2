-- platformdb: transactoin=off
SELECT 1;
