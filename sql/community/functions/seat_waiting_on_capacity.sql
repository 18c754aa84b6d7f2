-- A larger event, one without a limit any more, or one that takes place after all: its new seats go to those who wait.
CREATE OR REPLACE FUNCTION seat_waiting_on_capacity() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM seat_waiting(NEW.id);
    RETURN NULL;
END
$$;
