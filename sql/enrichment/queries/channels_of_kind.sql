-- Administration: in how many servers there is a kind of channel, and how many there are.

-- platformdb: personas="channels of the kind"
SELECT type, count(*) AS weight FROM channels GROUP BY type;

-- platformdb: target_ms=50 large=2000
SELECT count(DISTINCT server_id) AS servers, count(*) AS channels
FROM channels
WHERE type = $1;
