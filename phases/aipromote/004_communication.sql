-- AIPromote, phase 4 of 4: the five queues. Only their rules are here; what goes through them is said by the models of
-- their payloads (contracts.py) and by the functions that enqueue.

\ir ../../sql/shared/jobs/tables.sql

INSERT INTO job_queues (name, lease, max_attempts, backoff, backoff_cap, wake, keep_done) VALUES
    -- Somebody is looking at the page: workers wake up at once.
    ('content_generation', '10 minutes', 4, '15 seconds', '10 minutes', TRUE, NULL),
    -- A platform's outage lasts an hour or two; a post that is later than that is a failed one.
    ('publishing', '2 minutes', 8, '30 seconds', '30 minutes', TRUE, NULL),
    -- Figures can be had for weeks, and platforms limit how often they are asked.
    ('analytics_collection', '5 minutes', 10, '5 minutes', '12 hours', FALSE, NULL),
    -- The dearest jobs: few attempts, far apart, and what was asked for is kept for a year.
    ('strategy_generation', '30 minutes', 3, '1 minute', '30 minutes', TRUE, '1 year'),
    ('email', '1 minute', 10, '1 minute', '6 hours', FALSE, NULL);
