-- Enrichment, phase 3 of 4: what is known about messages and communities; projects with tasks and documents.

CREATE TABLE ai_analysis (
    id                  uuid         NOT NULL DEFAULT uuidv7(),
    channel_id          uuid         NOT NULL,
    message_created_at  timestamptz  NOT NULL,
    message_id          uuid         NOT NULL,
    sentiment_score     numeric(3, 2),
    toxicity_score      numeric(3, 2),
    language_code       text,
    topics              text[],
    entities            jsonb,
    summary             text,
    confidence_score    numeric(3, 2),
    model_version       text,
    created_at          timestamptz  NOT NULL DEFAULT now(),
    CONSTRAINT ai_analysis_pkey PRIMARY KEY (channel_id, message_created_at, message_id, id),
    CONSTRAINT ai_analysis_message_id_fkey FOREIGN KEY (channel_id, message_created_at, message_id)
        REFERENCES messages (channel_id, created_at, id) ON DELETE CASCADE,
    CONSTRAINT ai_analysis_sentiment_score_check CHECK (sentiment_score BETWEEN -1 AND 1),
    CONSTRAINT ai_analysis_toxicity_score_check CHECK (toxicity_score BETWEEN 0 AND 1),
    CONSTRAINT ai_analysis_confidence_score_check CHECK (confidence_score BETWEEN 0 AND 1),
    CONSTRAINT ai_analysis_language_code_check CHECK (language_code ~ '^[a-z]{2,3}(-[A-Z]{2})?$'),
    CONSTRAINT ai_analysis_entities_check CHECK (jsonb_typeof(entities) = 'array'),
    CONSTRAINT ai_analysis_summary_check CHECK (length(summary) <= 4000),
    CONSTRAINT ai_analysis_model_version_check CHECK (length(model_version) BETWEEN 1 AND 50)
) PARTITION BY RANGE (message_created_at);

CREATE TABLE ai_analysis_default PARTITION OF ai_analysis DEFAULT;

COMMENT ON TABLE ai_analysis IS 'What models say about a message; a message may have several, one a model and run.';

CREATE TABLE conversation_summaries (
    id                        uuid        NOT NULL DEFAULT uuidv7(),
    channel_id                uuid        NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    -- The span stays when its first or last message is gone; the id is NULL then.
    start_message_created_at  timestamptz NOT NULL,
    start_message_id          uuid,
    end_message_created_at    timestamptz NOT NULL,
    end_message_id            uuid,
    summary                   text        NOT NULL,
    key_points                text[]      NOT NULL DEFAULT '{}',
    participants              uuid[]      NOT NULL DEFAULT '{}',
    message_count             integer     NOT NULL DEFAULT 0,
    created_at                timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT conversation_summaries_pkey PRIMARY KEY (channel_id, id),
    CONSTRAINT conversation_summaries_start_message_id_fkey
        FOREIGN KEY (channel_id, start_message_created_at, start_message_id)
        REFERENCES messages (channel_id, created_at, id) ON DELETE SET NULL (start_message_id),
    CONSTRAINT conversation_summaries_end_message_id_fkey
        FOREIGN KEY (channel_id, end_message_created_at, end_message_id)
        REFERENCES messages (channel_id, created_at, id) ON DELETE SET NULL (end_message_id),
    CONSTRAINT conversation_summaries_span_check CHECK (start_message_created_at <= end_message_created_at),
    CONSTRAINT conversation_summaries_summary_check CHECK (length(summary) BETWEEN 1 AND 10000),
    CONSTRAINT conversation_summaries_message_count_check CHECK (message_count >= 0)
);

COMMENT ON TABLE conversation_summaries IS 'What was said in a channel between two messages; outlives both.';

CREATE TABLE reputation_scores (
    id                     uuid        PRIMARY KEY DEFAULT uuidv7(),
    user_id                uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- NULL: over all servers.
    server_id              uuid        REFERENCES servers (id) ON DELETE CASCADE,
    score                  integer     NOT NULL DEFAULT 0,
    helpful_messages       integer     NOT NULL DEFAULT 0,
    quality_contributions  integer     NOT NULL DEFAULT 0,
    community_engagement   integer     NOT NULL DEFAULT 0,
    moderation_actions     integer     NOT NULL DEFAULT 0,
    last_calculated        timestamptz NOT NULL DEFAULT now(),
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reputation_scores_user_id_server_id_key UNIQUE NULLS NOT DISTINCT (user_id, server_id),
    CONSTRAINT reputation_scores_helpful_messages_check CHECK (helpful_messages >= 0),
    CONSTRAINT reputation_scores_quality_contributions_check CHECK (quality_contributions >= 0),
    CONSTRAINT reputation_scores_community_engagement_check CHECK (community_engagement >= 0),
    CONSTRAINT reputation_scores_moderation_actions_check CHECK (moderation_actions >= 0)
);

COMMENT ON TABLE reputation_scores IS 'What a job computes about a user: one row a server, and one over all of them.';

CREATE TABLE community_health (
    id                        uuid         PRIMARY KEY DEFAULT uuidv7(),
    server_id                 uuid         NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    date                      date         NOT NULL,
    active_users              integer      NOT NULL DEFAULT 0,
    message_count             integer      NOT NULL DEFAULT 0,
    positive_sentiment_ratio  numeric(3, 2),
    toxicity_incidents        integer      NOT NULL DEFAULT 0,
    moderation_actions        integer      NOT NULL DEFAULT 0,
    engagement_score          numeric(5, 2),
    health_score              numeric(3, 2),
    created_at                timestamptz  NOT NULL DEFAULT now(),
    CONSTRAINT community_health_server_id_date_key UNIQUE (server_id, date),
    CONSTRAINT community_health_active_users_check CHECK (active_users >= 0),
    CONSTRAINT community_health_message_count_check CHECK (message_count >= 0),
    CONSTRAINT community_health_positive_sentiment_ratio_check CHECK (positive_sentiment_ratio BETWEEN 0 AND 1),
    CONSTRAINT community_health_toxicity_incidents_check CHECK (toxicity_incidents >= 0),
    CONSTRAINT community_health_moderation_actions_check CHECK (moderation_actions >= 0),
    CONSTRAINT community_health_engagement_score_check CHECK (engagement_score >= 0),
    CONSTRAINT community_health_health_score_check CHECK (health_score BETWEEN 0 AND 1)
);

COMMENT ON TABLE community_health IS 'A server''s day in numbers, computed by a job.';

CREATE TABLE projects (
    id           uuid        PRIMARY KEY DEFAULT uuidv7(),
    server_id    uuid        NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    -- Where it is talked about, if anywhere.
    channel_id   uuid,
    name         text        NOT NULL,
    description  text,
    status       text        NOT NULL DEFAULT 'active',
    created_by   uuid        REFERENCES users (id) ON DELETE SET NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz,
    CONSTRAINT projects_id_server_id_key UNIQUE (id, server_id),
    CONSTRAINT projects_channel_id_fkey FOREIGN KEY (channel_id, server_id)
        REFERENCES channels (id, server_id) ON DELETE SET NULL (channel_id),
    CONSTRAINT projects_name_check CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT projects_description_check CHECK (length(description) <= 4000),
    CONSTRAINT projects_status_check CHECK (status IN ('planned', 'active', 'paused', 'done'))
);

COMMENT ON TABLE projects IS 'What members of a server work on together.';

CREATE TABLE project_members (
    project_id  uuid        NOT NULL,
    server_id   uuid        NOT NULL,
    user_id     uuid        NOT NULL,
    role        text        NOT NULL DEFAULT 'contributor',
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT project_members_pkey PRIMARY KEY (project_id, user_id),
    CONSTRAINT project_members_project_id_fkey FOREIGN KEY (project_id, server_id)
        REFERENCES projects (id, server_id) ON DELETE CASCADE,
    -- Who leaves the server leaves its projects.
    CONSTRAINT project_members_user_id_fkey FOREIGN KEY (server_id, user_id)
        REFERENCES server_members (server_id, user_id) ON DELETE CASCADE,
    CONSTRAINT project_members_role_check CHECK (role IN ('lead', 'contributor', 'viewer'))
);

COMMENT ON TABLE project_members IS 'Who works on a project: members of its server.';

CREATE TABLE tasks (
    id            uuid        PRIMARY KEY DEFAULT uuidv7(),
    project_id    uuid        NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    title         text        NOT NULL,
    description   text,
    status        text        NOT NULL DEFAULT 'open',
    priority      integer     NOT NULL DEFAULT 2,
    assignee_id   uuid,
    created_by    uuid        REFERENCES users (id) ON DELETE SET NULL,
    checklist     jsonb       NOT NULL DEFAULT '[]',
    due_at        timestamptz,
    completed_at  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    deleted_at    timestamptz,
    -- One of the project's; who leaves it leaves the task to the others.
    CONSTRAINT tasks_assignee_id_fkey FOREIGN KEY (project_id, assignee_id)
        REFERENCES project_members (project_id, user_id) ON DELETE SET NULL (assignee_id),
    CONSTRAINT tasks_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT tasks_description_check CHECK (length(description) <= 10000),
    CONSTRAINT tasks_status_check CHECK (status IN ('open', 'in_progress', 'blocked', 'done', 'dropped')),
    -- 0 drop everything, 1 high, 2 normal, 3 some day.
    CONSTRAINT tasks_priority_check CHECK (priority BETWEEN 0 AND 3),
    CONSTRAINT tasks_checklist_check CHECK (jsonb_typeof(checklist) = 'array'),
    CONSTRAINT tasks_completed_at_check CHECK ((status = 'done') = (completed_at IS NOT NULL))
);

COMMENT ON TABLE tasks IS 'What is to be done in a project.';

CREATE TABLE documents (
    id          uuid        PRIMARY KEY DEFAULT uuidv7(),
    project_id  uuid        NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    title       text        NOT NULL,
    content     text        NOT NULL DEFAULT '',
    version     integer     NOT NULL DEFAULT 1,
    created_by  uuid        REFERENCES users (id) ON DELETE SET NULL,
    updated_by  uuid        REFERENCES users (id) ON DELETE SET NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz,
    CONSTRAINT documents_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT documents_content_check CHECK (length(content) <= 200000),
    CONSTRAINT documents_version_check CHECK (version >= 1)
);

COMMENT ON TABLE documents IS 'What a project writes down; version rises with every change.';
