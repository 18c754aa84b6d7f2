-- A lending library of tools: who may borrow, and what there is to borrow.

\ir ../../sql/shared/foundation/uuidv7.sql

CREATE TYPE condition AS ENUM ('new', 'good', 'worn', 'broken');

CREATE TABLE members (
    id uuid DEFAULT uuidv7() CONSTRAINT members_pkey PRIMARY KEY,
    name text NOT NULL CONSTRAINT members_name_check CHECK (name <> ''),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE members IS 'Who may borrow.';

CREATE TABLE tools (
    id uuid DEFAULT uuidv7() CONSTRAINT tools_pkey PRIMARY KEY,
    name text NOT NULL CONSTRAINT tools_name_key UNIQUE,
    condition condition NOT NULL DEFAULT 'new',
    details jsonb NOT NULL CONSTRAINT tools_details_check CHECK (jsonb_typeof(details) = 'object'),
    loans_count integer NOT NULL DEFAULT 0 CONSTRAINT tools_loans_count_check CHECK (loans_count >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tools IS 'What can be borrowed; loans_count is kept by a trigger.';
