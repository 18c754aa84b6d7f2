-- How far a build of an index is: each phase counts something else, and leaves the other counts as they were.
SELECT phase, unit, done, total
FROM pg_stat_progress_create_index
CROSS JOIN LATERAL (
    VALUES ('%%scanning%%', 'blocks', blocks_done, blocks_total),
           ('%%tuples%%', 'rows', tuples_done, tuples_total),
           ('waiting for%%', 'transactions', lockers_done, lockers_total),
           ('%%', '', 0, 0)
) AS counts (phases, unit, done, total)
WHERE pid = %(pid)s AND phase LIKE phases
LIMIT 1
