CREATE TABLE t (x int)
\d t
