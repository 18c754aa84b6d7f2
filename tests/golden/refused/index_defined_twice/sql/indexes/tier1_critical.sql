-- why
CREATE INDEX i ON t (x);
