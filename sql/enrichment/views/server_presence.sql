-- How many members of a server are there now. Counted when asked: a stored count would have every change of somebody's
-- presence write to all of his servers, and queue up there with everybody else's.
CREATE OR REPLACE VIEW server_presence AS
SELECT
    s.id AS server_id,
    s.member_count,
    (
        SELECT count(*)
        FROM server_members AS m
        JOIN users AS u ON u.id = m.user_id
        WHERE m.server_id = s.id AND u.status <> 'offline' AND u.deleted_at IS NULL
    ) AS online_count
FROM servers AS s;
