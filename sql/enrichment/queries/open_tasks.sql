-- Open tasks: what a user has to do in all his projects, the most pressing first.

-- platformdb: persona=heaviest
SELECT assignee_id
FROM tasks
WHERE assignee_id IS NOT NULL AND status IN ('open', 'in_progress', 'blocked')
GROUP BY assignee_id
ORDER BY count(*) DESC, assignee_id
LIMIT 1;

-- platformdb: persona=median
SELECT assignee_id
FROM (
    SELECT assignee_id, row_number() OVER (ORDER BY count(*), assignee_id) AS place, count(*) OVER () AS places
    FROM tasks
    WHERE assignee_id IS NOT NULL AND status IN ('open', 'in_progress', 'blocked')
    GROUP BY assignee_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT assignee_id
FROM tasks
WHERE assignee_id IS NOT NULL
GROUP BY assignee_id
ORDER BY count(*), assignee_id
LIMIT 1;

-- platformdb: target_ms=10
SELECT t.id, t.title, t.status, t.priority, t.due_at, p.name AS project, p.server_id
FROM tasks AS t
JOIN projects AS p ON p.id = t.project_id AND p.deleted_at IS NULL
WHERE t.assignee_id = $1
  AND t.status IN ('open', 'in_progress', 'blocked')
  AND t.deleted_at IS NULL
ORDER BY t.priority, t.due_at, t.id
LIMIT 50;
