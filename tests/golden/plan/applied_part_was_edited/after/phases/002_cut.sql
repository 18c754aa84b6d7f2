CREATE TABLE big (x bigint);

-- takes long
CREATE INDEX CONCURRENTLY big_x ON big (x);

CREATE TABLE small ();
