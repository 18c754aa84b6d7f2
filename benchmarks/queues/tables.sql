CREATE TABLE bare (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    taken boolean NOT NULL DEFAULT FALSE,
    payload jsonb NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE TABLE plain (LIKE bare INCLUDING ALL);
INSERT INTO job_queues (name) VALUES ('bench');
INSERT INTO job_queues (name, wake) VALUES ('woken', TRUE);
