CREATE TABLE one (x bigint);
