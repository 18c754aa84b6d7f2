-- What is said of objects of every kind: comments, security labels, and that an extension brought them.
SELECT classoid::regclass::text, objoid, objsubid, 'comment', description
FROM pg_description WHERE objoid >= 16384 OR objoid = 2200
UNION ALL
SELECT classoid::regclass::text, objoid, objsubid, 'security label of ' || provider, label
FROM pg_seclabel WHERE objoid >= 16384
UNION ALL
SELECT d.classid::regclass::text, d.objid, 0, 'extension', e.extname
FROM pg_depend AS d JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
WHERE d.deptype = 'e'
