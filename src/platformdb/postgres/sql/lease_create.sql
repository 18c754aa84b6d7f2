CREATE TABLE IF NOT EXISTS platformdb.lease (
    token      uuid        PRIMARY KEY,
    one        boolean     NOT NULL DEFAULT true UNIQUE CHECK (one),  -- so that there is never a second row
    os_user    text        NOT NULL,
    host       text        NOT NULL,
    pid        integer     NOT NULL,
    db_user    text        NOT NULL DEFAULT session_user,
    since      timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL
);

COMMENT ON TABLE platformdb.lease IS
    'Which platformdb is at work through a connection pooler, where advisory locks are not safe; empty while none is.';
