-- A new weekly summary is sent to the owner of its organization.
CREATE OR REPLACE FUNCTION email_weekly_summary() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM enqueue_jobs(
        'email',
        array_agg(jsonb_build_object(
            'template', 'weekly_summary', 'user_id', owner.user_id, 'weekly_summary_id', new_rows.id
        )),
        array_agg(format('weekly_summary:%s', new_rows.id))
    )
    FROM new_rows
    JOIN organizations AS owner ON owner.id = new_rows.organization_id
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;
