CREATE TABLE a (x int);
\ir ../../../elsewhere.sql
