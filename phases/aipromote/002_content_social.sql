-- AIPromote, phase 2 of 4: what an organization says and how (rules, strategies, pillars, series, assets, content), and
-- the social accounts that say it.
--
-- Every key to something of an organization has the organization in it: nothing can refer to another one's.

CREATE TABLE brand_rules (
    id               uuid            PRIMARY KEY DEFAULT uuidv7(),
    organization_id  uuid            NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    rule_type        brand_rule_type NOT NULL,
    name             text            NOT NULL,
    -- NULL: on every platform.
    platform         platform,
    severity         text            NOT NULL DEFAULT 'advice',
    definition       jsonb           NOT NULL,
    is_active        boolean         NOT NULL DEFAULT TRUE,
    created_at       timestamptz     NOT NULL DEFAULT now(),
    updated_at       timestamptz     NOT NULL DEFAULT now(),
    CONSTRAINT brand_rules_organization_id_name_key UNIQUE (organization_id, name),
    CONSTRAINT brand_rules_name_check CHECK (length(name) BETWEEN 1 AND 120),
    CONSTRAINT brand_rules_severity_check CHECK (severity IN ('advice', 'warning', 'block')),
    CONSTRAINT brand_rules_definition_check CHECK (jsonb_typeof(definition) = 'object')
);

COMMENT ON TABLE brand_rules IS 'What the content of an organization must and must not be like, and how seriously.';

CREATE TABLE ai_strategies (
    id               uuid          PRIMARY KEY DEFAULT uuidv7(),
    organization_id  uuid          NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    version          integer       NOT NULL,
    -- What it was made from; a strategy stands without its predecessor.
    based_on_id      uuid,
    title            text          NOT NULL,
    strategy         jsonb         NOT NULL,
    is_active        boolean       NOT NULL DEFAULT FALSE,
    ai_model         text          NOT NULL,
    confidence       numeric(4, 3) NOT NULL,
    created_at       timestamptz   NOT NULL DEFAULT now(),
    updated_at       timestamptz   NOT NULL DEFAULT now(),
    CONSTRAINT ai_strategies_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT ai_strategies_organization_id_version_key UNIQUE (organization_id, version),
    CONSTRAINT ai_strategies_based_on_id_fkey FOREIGN KEY (organization_id, based_on_id)
        REFERENCES ai_strategies (organization_id, id) ON DELETE SET NULL (based_on_id),
    CONSTRAINT ai_strategies_based_on_id_check CHECK (based_on_id <> id),
    CONSTRAINT ai_strategies_version_check CHECK (version >= 1),
    CONSTRAINT ai_strategies_title_check CHECK (length(title) BETWEEN 1 AND 160),
    CONSTRAINT ai_strategies_strategy_check CHECK (jsonb_typeof(strategy) = 'object'),
    CONSTRAINT ai_strategies_ai_model_check CHECK (ai_model ~ '^[a-z0-9][a-z0-9._:/-]{1,79}$'),
    CONSTRAINT ai_strategies_confidence_check CHECK (confidence BETWEEN 0 AND 1)
);

-- One strategy is followed; the others are its history and its drafts.
CREATE UNIQUE INDEX ai_strategies_one_active ON ai_strategies (organization_id) WHERE is_active;

COMMENT ON TABLE ai_strategies IS 'Marketing strategies by version, with the model that wrote them and its confidence.';

CREATE TABLE content_pillars (
    id               uuid        PRIMARY KEY DEFAULT uuidv7(),
    organization_id  uuid        NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- The strategy that named it; the pillar outlives it.
    strategy_id      uuid,
    name             text        NOT NULL,
    description      text        NOT NULL DEFAULT '',
    -- Its part of the content, in percent.
    share_percent    smallint    NOT NULL DEFAULT 0,
    is_active        boolean     NOT NULL DEFAULT TRUE,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT content_pillars_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT content_pillars_organization_id_name_key UNIQUE (organization_id, name),
    CONSTRAINT content_pillars_strategy_id_fkey FOREIGN KEY (organization_id, strategy_id)
        REFERENCES ai_strategies (organization_id, id) ON DELETE SET NULL (strategy_id),
    CONSTRAINT content_pillars_name_check CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT content_pillars_description_check CHECK (length(description) <= 1000),
    CONSTRAINT content_pillars_share_percent_check CHECK (share_percent BETWEEN 0 AND 100)
);

COMMENT ON TABLE content_pillars IS 'The few subjects that an organization speaks about, and how much of each.';

CREATE TABLE series (
    id               uuid        PRIMARY KEY DEFAULT uuidv7(),
    organization_id  uuid        NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    pillar_id        uuid,
    title            text        NOT NULL,
    description      text        NOT NULL DEFAULT '',
    cadence          text        NOT NULL DEFAULT 'weekly',
    starts_on        date        NOT NULL,
    ends_on          date,
    -- Its content pieces that are not soft-deleted; triggers on content_pieces keep it.
    pieces_count     integer     NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT series_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT series_organization_id_title_key UNIQUE (organization_id, title),
    CONSTRAINT series_pillar_id_fkey FOREIGN KEY (organization_id, pillar_id)
        REFERENCES content_pillars (organization_id, id) ON DELETE SET NULL (pillar_id),
    CONSTRAINT series_title_check CHECK (length(title) BETWEEN 1 AND 160),
    CONSTRAINT series_description_check CHECK (length(description) <= 1000),
    CONSTRAINT series_cadence_check CHECK (cadence IN ('daily', 'weekly', 'biweekly', 'monthly')),
    CONSTRAINT series_ends_on_check CHECK (ends_on >= starts_on),
    CONSTRAINT series_pieces_count_check CHECK (pieces_count >= 0)
);

COMMENT ON TABLE series IS 'Content that comes in parts, and how often.';

CREATE TABLE assets (
    id               uuid        PRIMARY KEY DEFAULT uuidv7(),
    organization_id  uuid        NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- Belongs to the organization, whoever brought it.
    uploaded_by      uuid        REFERENCES users (id) ON DELETE SET NULL,
    asset_type       asset_type  NOT NULL,
    file_name        text        NOT NULL,
    storage_key      text        NOT NULL,
    mime_type        text        NOT NULL,
    size_bytes       bigint      NOT NULL,
    width            integer,
    height           integer,
    duration_ms      integer,
    sha256           text        NOT NULL,
    alt_text         text,
    -- The model that made it; NULL when people did.
    ai_model         text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    deleted_at       timestamptz,
    CONSTRAINT assets_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT assets_storage_key_key UNIQUE (storage_key),
    CONSTRAINT assets_file_name_check CHECK (length(file_name) BETWEEN 1 AND 200 AND file_name !~ '[/\\]'),
    CONSTRAINT assets_storage_key_check CHECK (storage_key ~ '^[a-z0-9][a-z0-9/._-]{7,199}$'),
    CONSTRAINT assets_mime_type_check
        CHECK (split_part(mime_type, '/', 1) = asset_type::text
               OR (asset_type = 'document' AND mime_type ~ '^(application|text)/.')),
    CONSTRAINT assets_size_bytes_check CHECK (size_bytes > 0),
    CONSTRAINT assets_dimensions_check
        CHECK (width > 0 AND height > 0 AND (width IS NULL) = (height IS NULL)),
    CONSTRAINT assets_duration_ms_check
        CHECK (duration_ms IS NULL OR (duration_ms > 0 AND asset_type IN ('audio', 'video'))),
    CONSTRAINT assets_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT assets_alt_text_check CHECK (length(alt_text) BETWEEN 1 AND 1000),
    CONSTRAINT assets_ai_model_check CHECK (ai_model ~ '^[a-z0-9][a-z0-9._:/-]{1,79}$')
);

-- A file is kept once per organization; what was deleted may come again.
CREATE UNIQUE INDEX assets_one_copy ON assets (organization_id, sha256) WHERE deleted_at IS NULL;

COMMENT ON TABLE assets IS 'Media files of an organization; the bytes lie in an object store under storage_key.';

CREATE TABLE content_pieces (
    id                 uuid           PRIMARY KEY DEFAULT uuidv7(),
    organization_id    uuid           NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- What it came from and belongs to. A piece stands without all of these.
    strategy_id        uuid,
    pillar_id          uuid,
    series_id          uuid,
    asset_id           uuid,
    repurposed_from_id uuid,
    created_by         uuid           REFERENCES users (id) ON DELETE SET NULL,
    approved_by        uuid           REFERENCES users (id) ON DELETE SET NULL,
    content_type       content_type   NOT NULL,
    status             content_status NOT NULL DEFAULT 'draft',
    language           text           NOT NULL DEFAULT 'en',
    title              text           NOT NULL,
    body               text           NOT NULL,
    -- Its wording by platform, where it differs from body.
    platform_variants  jsonb          NOT NULL DEFAULT '{}',
    -- Who wrote it, how sure, and how it was asked for; NULL together where people wrote it.
    ai_model           text,
    ai_confidence      numeric(4, 3),
    ai_metadata        jsonb,
    approved_at        timestamptz,
    created_at         timestamptz    NOT NULL DEFAULT now(),
    updated_at         timestamptz    NOT NULL DEFAULT now(),
    deleted_at         timestamptz,
    -- 'simple' for content in many languages.
    search             tsvector       NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', title), 'A') || to_tsvector('simple', body)
    ) STORED,
    CONSTRAINT content_pieces_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT content_pieces_strategy_id_fkey FOREIGN KEY (organization_id, strategy_id)
        REFERENCES ai_strategies (organization_id, id) ON DELETE SET NULL (strategy_id),
    CONSTRAINT content_pieces_pillar_id_fkey FOREIGN KEY (organization_id, pillar_id)
        REFERENCES content_pillars (organization_id, id) ON DELETE SET NULL (pillar_id),
    CONSTRAINT content_pieces_series_id_fkey FOREIGN KEY (organization_id, series_id)
        REFERENCES series (organization_id, id) ON DELETE SET NULL (series_id),
    CONSTRAINT content_pieces_asset_id_fkey FOREIGN KEY (organization_id, asset_id)
        REFERENCES assets (organization_id, id) ON DELETE SET NULL (asset_id),
    CONSTRAINT content_pieces_repurposed_from_id_fkey FOREIGN KEY (organization_id, repurposed_from_id)
        REFERENCES content_pieces (organization_id, id) ON DELETE SET NULL (repurposed_from_id),
    CONSTRAINT content_pieces_repurposed_from_id_check CHECK (repurposed_from_id <> id),
    CONSTRAINT content_pieces_language_check CHECK (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    CONSTRAINT content_pieces_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT content_pieces_body_check CHECK (length(body) BETWEEN 1 AND 50000),
    CONSTRAINT content_pieces_platform_variants_check CHECK (jsonb_typeof(platform_variants) = 'object'),
    CONSTRAINT content_pieces_ai_metadata_check CHECK (jsonb_typeof(ai_metadata) = 'object'),
    CONSTRAINT content_pieces_ai_model_check CHECK (ai_model ~ '^[a-z0-9][a-z0-9._:/-]{1,79}$'),
    CONSTRAINT content_pieces_ai_confidence_check CHECK (ai_confidence BETWEEN 0 AND 1),
    CONSTRAINT content_pieces_ai_attribution_check
        CHECK (num_nulls(ai_model, ai_confidence, ai_metadata) IN (0, 3)),
    -- Archived content keeps the time of its approval, if it had one.
    CONSTRAINT content_pieces_approved_at_check CHECK (
        CASE status WHEN 'approved' THEN approved_at IS NOT NULL WHEN 'archived' THEN TRUE ELSE approved_at IS NULL END
    )
);

COMMENT ON TABLE content_pieces IS 'What is to be said on any platform, who or what wrote it, and who approved it.';

CREATE TABLE social_accounts (
    id                        uuid        PRIMARY KEY DEFAULT uuidv7(),
    organization_id           uuid        NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- Whose account it is; the organization's own without.
    founder_id                uuid,
    platform                  platform    NOT NULL,
    -- No text of this table has room for a token: a token has 32 characters or more, these have at most 30.
    handle                    text        NOT NULL,
    external_id               text        NOT NULL,
    can_publish               boolean     NOT NULL DEFAULT TRUE,
    can_read_analytics        boolean     NOT NULL DEFAULT TRUE,
    -- AES-256-GCM: the ciphertext with its tag of 16 bytes behind it; the account's id is the additional data, so that
    -- a ciphertext copied to another account does not decrypt there.
    key_id                    text        REFERENCES encryption_keys (id),
    access_token_ciphertext   bytea,
    access_token_nonce        bytea,
    refresh_token_ciphertext  bytea,
    refresh_token_nonce       bytea,
    token_expires_at          timestamptz,
    connected_at              timestamptz NOT NULL DEFAULT now(),
    -- Revoking throws the credentials away; the account stays for what was posted with it.
    revoked_at                timestamptz,
    created_at                timestamptz NOT NULL DEFAULT now(),
    updated_at                timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT social_accounts_organization_id_platform_handle_key UNIQUE (organization_id, platform, handle),
    CONSTRAINT social_accounts_organization_id_platform_external_id_key UNIQUE (organization_id, platform, external_id),
    -- For scheduled_posts, whose platform is that of the account.
    CONSTRAINT social_accounts_organization_id_id_platform_key UNIQUE (organization_id, id, platform),
    CONSTRAINT social_accounts_founder_id_fkey FOREIGN KEY (organization_id, founder_id)
        REFERENCES founders (organization_id, id) ON DELETE SET NULL (founder_id),
    CONSTRAINT social_accounts_handle_check CHECK (handle ~ '^[a-z0-9][a-z0-9._-]{0,29}$'),
    CONSTRAINT social_accounts_external_id_check CHECK (external_id ~ '^[A-Za-z0-9][A-Za-z0-9:._-]{0,29}$'),
    CONSTRAINT social_accounts_revoked_at_check CHECK (revoked_at >= connected_at),
    CONSTRAINT social_accounts_credentials_check CHECK (
        num_nulls(key_id, access_token_ciphertext, access_token_nonce) = CASE WHEN revoked_at IS NULL THEN 0 ELSE 3 END
    ),
    CONSTRAINT social_accounts_refresh_token_check CHECK (
        num_nulls(refresh_token_ciphertext, refresh_token_nonce) IN (0, 2)
        AND (key_id IS NOT NULL OR refresh_token_ciphertext IS NULL)
    ),
    CONSTRAINT social_accounts_access_token_nonce_check CHECK (octet_length(access_token_nonce) = 12),
    CONSTRAINT social_accounts_refresh_token_nonce_check CHECK (octet_length(refresh_token_nonce) = 12),
    CONSTRAINT social_accounts_nonces_differ_check CHECK (access_token_nonce <> refresh_token_nonce),
    -- Tokens are ASCII (RFC 6749, appendix A), and so are their usual codings; of a ciphertext's bytes one half is
    -- above 127. At least an eighth is asked for: of the shortest ciphertexts one in a hundred million has fewer.
    CONSTRAINT social_accounts_access_token_ciphertext_check CHECK (
        octet_length(access_token_ciphertext) BETWEEN 48 AND 8192
        AND octet_length(access_token_ciphertext) <= 4 * length(
            regexp_replace(encode(access_token_ciphertext, 'hex'), '([89a-f].)|[0-7].', '\1', 'g')
        )
    ),
    CONSTRAINT social_accounts_refresh_token_ciphertext_check CHECK (
        octet_length(refresh_token_ciphertext) BETWEEN 48 AND 8192
        AND octet_length(refresh_token_ciphertext) <= 4 * length(
            regexp_replace(encode(refresh_token_ciphertext, 'hex'), '([89a-f].)|[0-7].', '\1', 'g')
        )
    )
);

COMMENT ON TABLE social_accounts IS 'Connected accounts with encrypted OAuth credentials; plain tokens find no room.';
