-- The platform has taken the post: it is published, its job is done, and its figures will be collected after a day, a
-- week and a month. All in the caller's transaction, so all or nothing.
CREATE OR REPLACE FUNCTION finish_publishing(
    claim bigint, job bigint, external_id text, published_at timestamptz DEFAULT now()
) RETURNS void
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    post uuid := hold_post(claim, job);
BEGIN
    PERFORM complete_jobs(claim, ARRAY[job]);
    -- Deleted meanwhile: nothing is left to say it of, and no figures of nothing are to be collected.
    IF post IS NULL THEN
        RETURN;
    END IF;
    UPDATE scheduled_posts
    SET status = 'published', external_id = finish_publishing.external_id,
        published_at = finish_publishing.published_at, last_error = NULL
    WHERE id = post;
    PERFORM enqueue_jobs(
        'analytics_collection',
        array_agg(jsonb_build_object('scheduled_post_id', post, 'days', days)),
        array_agg(format('analytics:%s:%s', post, days)),
        NULL,
        array_agg(finish_publishing.published_at + days * interval '1 day')
    )
    FROM unnest('{1,7,30}'::integer[]) AS days;
END
$$;
