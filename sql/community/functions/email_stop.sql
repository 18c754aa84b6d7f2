-- Why this address must not get a mail of this type now; NULL: it may. The one rule, asked before each mail is sent:
-- a bounce or a complaint stops everything, an unsubscription what it names; but what somebody has just asked for or
-- paid (password_reset, receipt) only a bounce can stop.
CREATE OR REPLACE FUNCTION email_stop(address text, of_type text) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT CASE
        WHEN EXISTS (SELECT FROM email_feedback WHERE email = address AND type = 'bounce') THEN 'bounce'
        WHEN of_type IN ('password_reset', 'receipt') THEN NULL
        WHEN EXISTS (SELECT FROM email_feedback WHERE email = address AND type = 'complaint') THEN 'complaint'
        WHEN EXISTS (
            SELECT FROM email_unsubscribes WHERE email = address AND (email_type IS NULL OR email_type = of_type)
        ) THEN 'unsubscribed'
    END
$$;
