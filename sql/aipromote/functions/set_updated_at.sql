-- Keeps updated_at; the triggers say when.
\ir ../../shared/functions/set_updated_at.sql
