-- An id is unique within the active half and within the archive; this keeps the one from taking ids of the other.
CREATE OR REPLACE FUNCTION refuse_reused_id() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    reused uuid;
BEGIN
    EXECUTE format(
        'SELECT id FROM new_rows WHERE (SELECT count(*) FROM %I AS there WHERE there.id = new_rows.id) > 1 LIMIT 1',
        TG_TABLE_NAME
    ) INTO reused;
    IF reused IS NOT NULL THEN
        RAISE EXCEPTION 'the id % is taken: % has it in the archive or among the active ones', reused, TG_TABLE_NAME
            USING ERRCODE = 'unique_violation', TABLE = TG_TABLE_NAME, COLUMN = 'id',
                  CONSTRAINT = TG_TABLE_NAME || '_id_key';
    END IF;
    RETURN NULL;
END
$$;
