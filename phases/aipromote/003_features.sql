-- AIPromote, phase 3 of 4: the publishing schedule, what became of it, the coach's weekly reports, the audit trail.

CREATE TABLE scheduled_posts (
    id                 uuid        PRIMARY KEY DEFAULT uuidv7(),
    organization_id    uuid        NOT NULL,
    content_piece_id   uuid        NOT NULL,
    social_account_id  uuid        NOT NULL,
    platform           platform    NOT NULL,
    created_by         uuid        REFERENCES users (id) ON DELETE SET NULL,
    status             post_status NOT NULL DEFAULT 'pending',
    scheduled_at       timestamptz NOT NULL,
    -- A client that asks again gets the post that is there, not a second one.
    idempotency_key    text        NOT NULL,
    -- How often it was tried, in all; how often it may be is said by the queue.
    attempts           smallint    NOT NULL DEFAULT 0,
    last_error         text,
    -- The latest job that was to publish it; jobs go when they are done, so this is no foreign key.
    job_id             bigint,
    published_at       timestamptz,
    external_id        text,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT scheduled_posts_organization_id_idempotency_key_key UNIQUE (organization_id, idempotency_key),
    CONSTRAINT scheduled_posts_job_id_key UNIQUE (job_id),
    -- For analytics, whose platform is that of the post.
    CONSTRAINT scheduled_posts_organization_id_id_platform_key UNIQUE (organization_id, id, platform),
    CONSTRAINT scheduled_posts_content_piece_id_fkey FOREIGN KEY (organization_id, content_piece_id)
        REFERENCES content_pieces (organization_id, id) ON DELETE CASCADE,
    -- An account that has posts is revoked, not deleted. NO ACTION, not RESTRICT: with its organization both may go.
    CONSTRAINT scheduled_posts_social_account_id_fkey FOREIGN KEY (organization_id, social_account_id, platform)
        REFERENCES social_accounts (organization_id, id, platform),
    CONSTRAINT scheduled_posts_idempotency_key_check CHECK (length(idempotency_key) BETWEEN 1 AND 120),
    CONSTRAINT scheduled_posts_attempts_check CHECK (attempts >= 0),
    -- Messages of platforms sometimes repeat what was sent to them. A word of 32 characters may be a token.
    CONSTRAINT scheduled_posts_last_error_check
        CHECK (length(last_error) BETWEEN 1 AND 2000 AND last_error !~ '[A-Za-z0-9_=+/~.-]{32}'),
    CONSTRAINT scheduled_posts_job_id_check
        CHECK (status NOT IN ('queued', 'publishing') OR job_id IS NOT NULL),
    CONSTRAINT scheduled_posts_published_check CHECK (
        (status = 'published') = (published_at IS NOT NULL) AND (status = 'published') = (external_id IS NOT NULL)
    ),
    CONSTRAINT scheduled_posts_failed_check CHECK (status <> 'failed' OR last_error IS NOT NULL),
    CONSTRAINT scheduled_posts_external_id_check CHECK (length(external_id) BETWEEN 1 AND 120)
);

-- What a platform has under one id was published once.
CREATE UNIQUE INDEX scheduled_posts_external_id_key ON scheduled_posts (social_account_id, external_id)
    WHERE external_id IS NOT NULL;

COMMENT ON TABLE scheduled_posts IS 'What goes out when on which account, and what became of it.';

CREATE TABLE analytics (
    id                 uuid          PRIMARY KEY DEFAULT uuidv7(),
    organization_id    uuid          NOT NULL,
    scheduled_post_id  uuid          NOT NULL,
    platform           platform      NOT NULL,
    metric_date        date          NOT NULL,
    impressions        integer       NOT NULL DEFAULT 0,
    reach              integer       NOT NULL DEFAULT 0,
    likes              integer       NOT NULL DEFAULT 0,
    comments           integer       NOT NULL DEFAULT 0,
    shares             integer       NOT NULL DEFAULT 0,
    clicks             integer       NOT NULL DEFAULT 0,
    engagement_rate    numeric(6, 4) NOT NULL GENERATED ALWAYS AS (
        CASE WHEN impressions = 0 THEN 0
             ELSE least(round((likes + comments + shares + clicks)::numeric / impressions, 4), 99) END
    ) STORED,
    -- What only some platforms measure.
    metrics            jsonb         NOT NULL DEFAULT '{}',
    collected_at       timestamptz   NOT NULL DEFAULT now(),
    -- A day's figures are there once; collecting them again corrects them.
    CONSTRAINT analytics_scheduled_post_id_metric_date_key UNIQUE (scheduled_post_id, metric_date),
    CONSTRAINT analytics_scheduled_post_id_fkey FOREIGN KEY (organization_id, scheduled_post_id, platform)
        REFERENCES scheduled_posts (organization_id, id, platform) ON DELETE CASCADE,
    CONSTRAINT analytics_counts_check CHECK (least(impressions, reach, likes, comments, shares, clicks) >= 0),
    CONSTRAINT analytics_reach_check CHECK (reach <= impressions),
    CONSTRAINT analytics_metrics_check CHECK (jsonb_typeof(metrics) = 'object'),
    CONSTRAINT analytics_collected_at_check CHECK (collected_at >= metric_date::timestamp AT TIME ZONE 'UTC')
);

COMMENT ON TABLE analytics IS 'What a published post did on a day (UTC), a row for each day.';

CREATE TABLE weekly_summaries (
    id               uuid          PRIMARY KEY DEFAULT uuidv7(),
    organization_id  uuid          NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    week_start       date          NOT NULL,
    -- The post that did best; the report stands without it.
    top_post_id      uuid,
    top_platform     platform,
    headline         text          NOT NULL,
    report           jsonb         NOT NULL,
    ai_model         text          NOT NULL,
    confidence       numeric(4, 3) NOT NULL,
    created_at       timestamptz   NOT NULL DEFAULT now(),
    updated_at       timestamptz   NOT NULL DEFAULT now(),
    CONSTRAINT weekly_summaries_organization_id_week_start_key UNIQUE (organization_id, week_start),
    CONSTRAINT weekly_summaries_top_post_id_fkey FOREIGN KEY (organization_id, top_post_id, top_platform)
        REFERENCES scheduled_posts (organization_id, id, platform) ON DELETE SET NULL (top_post_id, top_platform),
    CONSTRAINT weekly_summaries_week_start_check CHECK (extract(isodow FROM week_start) = 1),
    CONSTRAINT weekly_summaries_top_post_check CHECK ((top_post_id IS NULL) = (top_platform IS NULL)),
    CONSTRAINT weekly_summaries_headline_check CHECK (length(headline) BETWEEN 1 AND 200),
    CONSTRAINT weekly_summaries_report_check CHECK (jsonb_typeof(report) = 'object'),
    CONSTRAINT weekly_summaries_ai_model_check CHECK (ai_model ~ '^[a-z0-9][a-z0-9._:/-]{1,79}$'),
    CONSTRAINT weekly_summaries_confidence_check CHECK (confidence BETWEEN 0 AND 1)
);

COMMENT ON TABLE weekly_summaries IS 'The coach''s report on a week that begins on a Monday, as a model wrote it.';

-- No foreign keys: what was done stays known when it is gone.
CREATE TABLE audit_log (
    id               uuid        PRIMARY KEY DEFAULT uuidv7(),
    occurred_at      timestamptz NOT NULL DEFAULT now(),
    -- Whom the application named (SET LOCAL aipromote.actor), else the database role.
    actor            text        NOT NULL,
    organization_id  uuid,
    table_name       text        NOT NULL,
    object_id        text        NOT NULL,
    action           text        NOT NULL,
    changes          jsonb       NOT NULL,
    CONSTRAINT audit_log_actor_check CHECK (length(actor) BETWEEN 1 AND 120),
    CONSTRAINT audit_log_action_check CHECK (action IN ('insert', 'update', 'delete')),
    CONSTRAINT audit_log_changes_check CHECK (jsonb_typeof(changes) = 'object')
);

COMMENT ON TABLE audit_log IS 'Who did what when; triggers write it, and nobody changes or deletes a row. No secrets.';
