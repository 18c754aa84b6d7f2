INSERT INTO platformdb.seed (
    platform, profile, seed, checksum, scale, as_of, subset, tables, rows, checksums, before
)
VALUES (
    %(platform)s, %(profile)s, %(seed)s, %(checksum)s, %(scale)s, %(as_of)s, %(subset)s, %(tables)s, %(rows)s,
    %(checksums)s, %(before)s
)
ON CONFLICT (platform) DO UPDATE
SET profile = excluded.profile, seed = excluded.seed, checksum = excluded.checksum, scale = excluded.scale,
    as_of = excluded.as_of, subset = excluded.subset, tables = excluded.tables, rows = excluded.rows,
    checksums = excluded.checksums, before = excluded.before, at = excluded.at
