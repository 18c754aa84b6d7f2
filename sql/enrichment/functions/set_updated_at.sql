-- Fired by every table with updated_at.
\ir ../../shared/functions/set_updated_at.sql
