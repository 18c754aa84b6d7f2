-- Who has what, and since when: by month, for there are many and the old ones are seldom asked for.

CREATE TABLE loans (
    id uuid DEFAULT uuidv7(),
    tool_id uuid NOT NULL CONSTRAINT loans_tool_id_fkey REFERENCES tools ON DELETE CASCADE,
    member_id uuid NOT NULL CONSTRAINT loans_member_id_fkey REFERENCES members ON DELETE CASCADE,
    lent_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT loans_pkey PRIMARY KEY (id, lent_at)
) PARTITION BY RANGE (lent_at);
COMMENT ON TABLE loans IS 'Who has borrowed what.';

CREATE TABLE loans_default PARTITION OF loans DEFAULT;
