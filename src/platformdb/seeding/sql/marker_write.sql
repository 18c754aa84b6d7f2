INSERT INTO platformdb.seed (platform, profile, seed, checksum, tables, rows)
VALUES (%(platform)s, %(profile)s, %(seed)s, %(checksum)s, %(tables)s, %(rows)s)
ON CONFLICT (platform) DO UPDATE
SET profile = excluded.profile, seed = excluded.seed, checksum = excluded.checksum,
    tables = excluded.tables, rows = excluded.rows, at = excluded.at
