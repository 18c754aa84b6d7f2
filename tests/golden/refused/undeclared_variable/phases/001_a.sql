CREATE TABLE {{ schema }}.a (x int);
