-- Types of all sorts, but for those that come with something else: of rows, of arrays, of multiranges.
SELECT 'pg_type', t.oid, 0, 'type', t.oid::regtype::text, 'schema ' || quote_ident(n.nspname),
       json_build_object(
           'sort', CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range'
                                  WHEN 'c' THEN 'composite' WHEN 'p' THEN 'shell' ELSE 'base' END,
           'owner', t.typowner::regrole::text,
           'order of labels', (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum AS e
                               WHERE t.typtype = 'e' AND e.enumtypid = t.oid),
           'type', CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
           'nullable', t.typtype = 'd' AND NOT t.typnotnull,
           'default', t.typdefault,
           'collation', CASE WHEN t.typcollation <> coalesce(b.typcollation, 0) AND t.typtype = 'd'
                             THEN t.typcollation::regcollation::text END,
           'traits', CASE WHEN r.rngtypid IS NOT NULL THEN ARRAY[
               concat('subtype ', r.rngsubtype::regtype), concat('multirange ', r.rngmultitypid::regtype),
               concat('canonical ', r.rngcanonical), concat('difference ', r.rngsubdiff),
               concat('operator class ', o.opcname), concat('collation ', nullif(r.rngcollation, 0)::regcollation)] END,
           'parts', CASE WHEN t.typtype = 'b' THEN ARRAY[
               concat_ws(' ', 'length', t.typlen, t.typbyval, 'aligned', t.typalign, 'stored', t.typstorage),
               concat_ws(' ', 'category', t.typcategory, t.typispreferred, 'delimiter', t.typdelim),
               concat_ws(' ', 'input', t.typinput, t.typreceive, 'output', t.typoutput, t.typsend),
               concat_ws(' ', 'modifier', t.typmodin, t.typmodout),
               concat_ws(' ', 'analyze', t.typanalyze, 'subscript', t.typsubscript),
               concat('element ', nullif(t.typelem, 0)::regtype)] END,
           'grants', t.typacl::text[],
           'usual', CASE WHEN t.typacl IS NOT NULL THEN acldefault('T', t.typowner)::text[] END)
FROM pg_type AS t
JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_type AS b ON b.oid = t.typbasetype
LEFT JOIN pg_range AS r ON r.rngtypid = t.oid
LEFT JOIN pg_opclass AS o ON o.oid = r.rngsubopc
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
  AND t.typtype IN ('b', 'd', 'e', 'r', 'p', 'c')
  AND NOT EXISTS (SELECT FROM pg_type AS element WHERE element.typarray = t.oid)
  AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind <> 'c')
