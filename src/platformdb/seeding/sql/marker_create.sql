CREATE SCHEMA IF NOT EXISTS platformdb;
CREATE TABLE IF NOT EXISTS platformdb.seed (
    platform  text        PRIMARY KEY,
    profile   text        NOT NULL,
    seed      bigint      NOT NULL,
    checksum  text        NOT NULL,
    tables    text[]      NOT NULL,
    rows      bigint      NOT NULL,
    at        timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE platformdb.seed IS 'What platformdb seed has loaded: the same again is nothing to do.';
