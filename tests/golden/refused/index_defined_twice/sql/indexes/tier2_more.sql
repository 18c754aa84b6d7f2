-- why not
CREATE INDEX i ON t (x);
