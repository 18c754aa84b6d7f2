-- platformdb: transaction=maybe
SELECT 1;
