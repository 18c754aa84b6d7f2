CREATE SCHEMA {{ schema }};
CREATE TABLE {{ schema }}.漢字 (x text DEFAULT {{ shema | literal }});
