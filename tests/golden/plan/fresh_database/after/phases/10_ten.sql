CREATE TABLE two (x int);
