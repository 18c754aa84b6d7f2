\set ON_ERROR_STOP on
CREATE TABLE t (x int);
\connect other
\copy t FROM 'rows.csv'
\echo done
\d t
