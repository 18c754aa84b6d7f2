-- Claims up to ``batch`` jobs that are due for ``worker``: the most urgent first, then those due longest. They are the
-- worker's until the lease ends. What others hold is skipped, never waited for.
--
-- Nothing starves: one claim in ten looks first whether something has waited longer than the queue's patience.
--
-- The cost does not grow with what was done before. Done jobs leave dead entries at the front of the index until
-- VACUUM has been there, and VACUUM can do nothing while some old transaction is open. So each session remembers for
-- each queue and priority up to where nothing is left, and goes on from there. What turns up behind that mark (an
-- expired lease, jobs whose transaction took long to commit) is found by looking from the start. That is due again
-- after 20 times the time that it took, or a minute: at most a twentieth of a worker's time where it takes up to three
-- seconds, and at once where nothing is in the way.
CREATE OR REPLACE FUNCTION claim_jobs(queue text, worker text, batch integer DEFAULT 1, lease interval DEFAULT NULL)
RETURNS TABLE (id bigint, claim bigint, attempt smallint, payload jsonb, leased_until timestamptz)
LANGUAGE plpgsql
-- The index gives the order, whatever statistics say of a table that is now empty and now full.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
-- Marks are kept as text, which the next caller's DateStyle must not read in its own way.
SET DateStyle = 'ISO'
AS $$
#variable_conflict use_column
DECLARE
    began      timestamptz := clock_timestamp();
    rules      record;
    memory     text;
    remembered text;
    due_at     timestamptz;
    from_start boolean;
    marks_at   timestamptz[] := array_fill('-infinity'::timestamptz, '{10}');
    marks_made timestamptz[] := array_fill('-infinity'::timestamptz, '{10}');
    lanes      integer[] := '{0,1,2,3,4,5,6,7,8,9}';
    overdue    integer;
    ids        bigint[];
    last_lane  integer;
    last_at    timestamptz;
    last_made  timestamptz;
    spent      bigint[];
    token      bigint;
BEGIN
    IF batch >= 1 IS NOT TRUE THEN
        RAISE EXCEPTION 'claim_jobs: batch must be above 0' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT q.*, q.tableoid INTO rules FROM job_queues AS q WHERE q.name = queue;
    IF rules.id IS NULL THEN
        PERFORM refuse_unknown_queue(queue);
    ELSIF rules.paused_at IS NOT NULL THEN
        RETURN;
    END IF;

    -- What the session remembers: "when to look from the start / run_at of each mark / created_at of each mark".
    memory := format('jobs.queue_%s_%s', rules.tableoid, rules.id);
    remembered := current_setting(memory, TRUE);
    due_at := nullif(split_part(remembered, '/', 1), '');
    -- Not "due_at > began": were the clock put back by an hour, what is behind the marks would be lost for an hour.
    from_start := (due_at BETWEEN began AND began + interval '1 minute') IS NOT TRUE;
    IF NOT from_start THEN
        marks_at := split_part(remembered, '/', 2);
        marks_made := split_part(remembered, '/', 3);
    ELSIF random() < 0.1 THEN
        overdue := longest_waiting_priority(rules.id, began - rules.patience);
        lanes := array_remove(overdue || array_remove(lanes, overdue), NULL);
    END IF;

    SELECT array_agg(due.id), array_agg(due.id) FILTER (WHERE due.spent),
           (array_agg(due.lane))[count(*)], (array_agg(due.run_at))[count(*)], (array_agg(due.created_at))[count(*)]
    INTO ids, spent, last_lane, last_at, last_made
    FROM (
        SELECT lane.lane, one.*
        -- Whether the queue is paused is asked again, in the statement that locks: drain_queue relies on it.
        FROM job_queues AS q
        CROSS JOIN unnest(lanes) AS lane (lane)
        CROSS JOIN LATERAL (
            SELECT j.id, j.run_at, j.created_at, j.attempt >= j.max_attempts AS spent
            FROM jobs AS j
            WHERE j.queue_id = rules.id AND j.priority = lane.lane AND j.run_at <= began AND j.leased_until <= began
              AND (j.run_at, j.created_at) > (marks_at[lane.lane + 1], marks_made[lane.lane + 1])
            ORDER BY j.run_at, j.created_at
            LIMIT batch
            FOR UPDATE SKIP LOCKED
        ) AS one
        WHERE q.id = rules.id AND q.paused_at IS NULL
        LIMIT batch
    ) AS due;

    -- A lane was looked through to its end, up to now, if a later one had a turn or the batch did not fill.
    IF overdue IS NULL THEN
        IF coalesce(cardinality(ids), 0) < batch THEN
            marks_at := array_fill(began, '{10}');
            marks_made := array_fill('-infinity'::timestamptz, '{10}');
        ELSE
            IF last_lane > 0 THEN
                marks_at[1:last_lane] := array_fill(began, ARRAY[last_lane]);
                marks_made[1:last_lane] := array_fill('-infinity'::timestamptz, ARRAY[last_lane]);
            END IF;
            marks_at[last_lane + 1] := last_at;
            marks_made[last_lane + 1] := last_made;
        END IF;
        IF from_start THEN
            due_at := began + least(20 * (clock_timestamp() - began), interval '1 minute');
        END IF;
        PERFORM set_config(memory, concat_ws('/', due_at, marks_at, marks_made), FALSE);
    END IF;
    IF ids IS NULL THEN
        RETURN;
    END IF;
    IF spent IS NOT NULL THEN
        PERFORM bury_jobs(spent, 'the lease ended in the last attempt');
    END IF;
    token := nextval('job_claims');

    RETURN QUERY
    WITH taken AS (
        UPDATE jobs AS j
        SET claim = token, attempt = j.attempt + 1, leased_until = began + coalesce(lease, rules.lease),
            worker = claim_jobs.worker
        WHERE j.id = ANY (ids)
        RETURNING j.id, j.claim, j.attempt, j.payload, j.leased_until, j.priority, j.run_at, j.created_at
    )
    SELECT t.id, t.claim, t.attempt, t.payload, t.leased_until
    FROM taken AS t
    ORDER BY t.priority, t.run_at, t.created_at;
END
$$;
