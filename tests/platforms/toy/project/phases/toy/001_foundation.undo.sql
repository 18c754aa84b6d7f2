-- The library without anything.
DROP VIEW IF EXISTS popular_tools;
DROP TABLE tools, members;
DROP TYPE condition;

\ir ../../sql/shared/foundation/uuidv7.undo.sql
