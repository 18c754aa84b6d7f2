CREATE TABLE big (x int);

-- takes long
CREATE INDEX CONCURRENTLY big_x ON big (x);

CREATE TABLE small ();
