-- How many members of a server are there now. Counted when asked: a stored count would have every change of somebody's
-- presence write to all of his servers, and queue up there with everybody else's.
CREATE OR REPLACE VIEW server_presence AS
SELECT
    s.id AS server_id,
    s.member_count,
    online_members(s.id) AS online_count
FROM servers AS s;
