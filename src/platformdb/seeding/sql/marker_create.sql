CREATE TABLE IF NOT EXISTS platformdb.seed (
    platform  text        PRIMARY KEY,
    profile   text        NOT NULL,
    seed      bigint      NOT NULL,
    checksum  text        NOT NULL,
    tables    text[]      NOT NULL,
    rows      bigint      NOT NULL,
    at        timestamptz NOT NULL DEFAULT now()
);
-- What databases that were seeded before these came have not.
ALTER TABLE platformdb.seed
    ADD COLUMN IF NOT EXISTS scale     double precision NOT NULL DEFAULT 1,
    ADD COLUMN IF NOT EXISTS as_of     timestamptz,
    ADD COLUMN IF NOT EXISTS subset    text[]           NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS checksums jsonb            NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS before    jsonb            NOT NULL DEFAULT '[]';
COMMENT ON TABLE platformdb.seed IS 'What platformdb seed has loaded: the same again is nothing to do.';
