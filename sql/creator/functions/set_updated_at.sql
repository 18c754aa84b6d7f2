-- When a row last changed.
\ir ../../shared/functions/set_updated_at.sql
