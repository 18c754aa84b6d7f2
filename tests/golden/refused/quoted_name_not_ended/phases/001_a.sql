CREATE TABLE t (x int);
SELECT x AS "ex
FROM t;
