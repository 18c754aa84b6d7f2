SELECT 1;
\ir ../parts/one.sql
