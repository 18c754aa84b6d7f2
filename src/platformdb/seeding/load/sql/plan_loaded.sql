INSERT INTO platformdb.seed_loaded (platform, relation, rows, checksum) VALUES (%s, %s, %s, %s)
