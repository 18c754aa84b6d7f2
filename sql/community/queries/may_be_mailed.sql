-- Before every mail: why an address must not get it.

-- platformdb: personas="reports of the address"
SELECT email, 'newsletter' AS email_type, count(*) AS weight FROM email_feedback GROUP BY email;

-- platformdb: persona=unknown
SELECT 'nobody@example.org' AS email, 'newsletter' AS email_type;

-- platformdb: target_ms=10
SELECT email_stop($1, $2) AS reason;
