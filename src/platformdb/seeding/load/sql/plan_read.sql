SELECT
    p.platform, p.shown, p.identity, p.tables, p.others, p.keys, p.triggers, p.checking,
    ARRAY(
        SELECT jsonb_build_array(l.relation, l.rows, l.checksum)
        FROM platformdb.seed_loaded AS l WHERE l.platform = p.platform
    ) AS loaded
FROM platformdb.seed_plan AS p
WHERE p.platform = coalesce(%(platform)s, p.platform)
ORDER BY p.platform
