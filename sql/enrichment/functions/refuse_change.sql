-- For what never changes once it is there; the trigger says when to fire, and its argument what it protects.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '% cannot be done: % never changes', TG_OP, TG_ARGV[0]
        USING ERRCODE = 'restrict_violation',
              TABLE = TG_ARGV[1],
              CONSTRAINT = TG_ARGV[2],
              HINT = TG_ARGV[3];
END
$$;
