-- The priority of the job that has been due longest, if that was before ``overdue``.
CREATE OR REPLACE FUNCTION longest_waiting_priority(queue_id smallint, overdue timestamptz) RETURNS smallint
LANGUAGE sql STABLE
AS $$
    SELECT lane::smallint
    FROM generate_series(0, 9) AS lane
    CROSS JOIN LATERAL (
        SELECT j.run_at
        FROM jobs AS j
        WHERE j.queue_id = longest_waiting_priority.queue_id AND j.priority = lane
          AND j.run_at <= overdue AND j.leased_until <= clock_timestamp()
        ORDER BY j.run_at
        LIMIT 1
    ) AS oldest
    ORDER BY oldest.run_at
    LIMIT 1
$$;
