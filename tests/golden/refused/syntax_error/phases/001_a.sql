-- the first
CREATE TABLE a (x int);

	CREATE TABL b (y int);
