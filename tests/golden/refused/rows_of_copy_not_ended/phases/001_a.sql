CREATE TABLE t (x int);
COPY t (x) FROM stdin;
1
2
