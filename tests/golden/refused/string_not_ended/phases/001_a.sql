CREATE TABLE people (name text);
INSERT INTO people VALUES ('Ada'), ('O'Neill'), ('Grace');
INSERT INTO people VALUES ('Barbara');
