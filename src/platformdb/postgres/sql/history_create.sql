CREATE SCHEMA IF NOT EXISTS platformdb;

CREATE TABLE IF NOT EXISTS platformdb.history (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    platform      text        NOT NULL,
    kind          text        NOT NULL CHECK (kind IN ('versioned', 'repeatable', 'index')),
    version       text        NOT NULL,
    name          text        NOT NULL,
    checksum      text        NOT NULL,
    segment       integer     NOT NULL CHECK (segment BETWEEN 1 AND segments),
    segments      integer     NOT NULL,
    sql           text        NOT NULL,
    applied_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_by    text        NOT NULL DEFAULT current_user,
    elapsed_ms    double precision NOT NULL,
    tool_version  text        NOT NULL
);

COMMENT ON TABLE platformdb.history IS
    'What platformdb ran here: one row per segment of a file, written in the transaction of the segment itself.';
