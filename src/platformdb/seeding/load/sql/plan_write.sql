INSERT INTO platformdb.seed_plan (platform, shown, identity, tables, others, keys, triggers)
VALUES (%(platform)s, %(shown)s, %(identity)s, %(tables)s, %(others)s, %(keys)s, %(triggers)s)
