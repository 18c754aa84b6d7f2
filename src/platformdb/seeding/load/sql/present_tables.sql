SELECT name FROM unnest(%s::text[]) AS wanted (name) WHERE to_regclass(name) IS NOT NULL
