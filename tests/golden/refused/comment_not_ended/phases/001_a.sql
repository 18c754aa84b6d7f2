CREATE TABLE t (x int);
  /* for later /* much later */
DROP TABLE t;
