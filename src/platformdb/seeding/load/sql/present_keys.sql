-- Which of these constraints there are, and whether all rows were checked.
SELECT wanted.relation, wanted.name, k.convalidated
FROM unnest(%s::text[], %s::text[]) AS wanted (relation, name)
JOIN pg_constraint AS k ON k.conrelid = to_regclass(wanted.relation) AND quote_ident(k.conname) = wanted.name
