CREATE TABLE one (x int);
