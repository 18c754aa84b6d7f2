CREATE TABLE IF NOT EXISTS platformdb.seed_plan (
    platform  text        PRIMARY KEY,
    shown     text        NOT NULL,
    identity  jsonb       NOT NULL,
    tables    text[]      NOT NULL,
    others    text[]      NOT NULL,
    keys      jsonb       NOT NULL,
    triggers  text[]      NOT NULL,
    checking  boolean     NOT NULL DEFAULT FALSE,
    at        timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE platformdb.seed_plan IS
    'A load that platformdb seed has begun: how the foreign keys and triggers come back that are off meanwhile.';
CREATE TABLE IF NOT EXISTS platformdb.seed_loaded (
    platform  text    NOT NULL,
    relation  text    NOT NULL,
    rows      bigint  NOT NULL,
    checksum  text    NOT NULL,
    PRIMARY KEY (platform, relation)
);
COMMENT ON TABLE platformdb.seed_loaded IS 'The tables that platformdb seed has loaded of what is in seed_plan.';
