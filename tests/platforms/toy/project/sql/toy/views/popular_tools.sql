CREATE OR REPLACE VIEW popular_tools AS
SELECT name, loans_count FROM tools ORDER BY loans_count DESC, name;
