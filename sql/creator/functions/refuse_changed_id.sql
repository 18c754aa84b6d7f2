-- An id stays. Another one could be taken in the other half, where no constraint looks (see refuse_reused_id), and the
-- comments that follow a post to its new id would be counted a second time.
CREATE OR REPLACE FUNCTION refuse_changed_id() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'the id % cannot be changed', OLD.id
        USING ERRCODE = 'restrict_violation', TABLE = TG_ARGV[0], COLUMN = 'id',
              CONSTRAINT = TG_ARGV[0] || '_id_stays',
              HINT = 'Insert it anew, and delete this one.';
END
$$;
