CREATE TABLE copied AS SELECT * FROM platformdb.history;
GRANT SELECT ON platformdb.history TO PUBLIC;
DELETE FROM platformdb.history WHERE version = '003';
