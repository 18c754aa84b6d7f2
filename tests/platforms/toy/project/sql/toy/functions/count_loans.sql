-- Rows of tools are locked in the order of their ids, so that two statements cannot wait for each other in a circle.
CREATE OR REPLACE FUNCTION count_loans() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM FROM tools WHERE id IN (SELECT tool_id FROM new_rows) ORDER BY id FOR NO KEY UPDATE;
    UPDATE tools SET loans_count = loans_count + added.loans
    FROM (SELECT tool_id, count(*) AS loans FROM new_rows GROUP BY tool_id) AS added
    WHERE tools.id = added.tool_id;
    RETURN NULL;
END
$$;
