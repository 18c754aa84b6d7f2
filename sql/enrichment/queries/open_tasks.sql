-- Open tasks: what a user has to do in all his projects, the most pressing first.

-- platformdb: personas="open tasks"
SELECT users.id, count(tasks.assignee_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN tasks ON tasks.assignee_id = users.id AND tasks.status IN ('open', 'in_progress', 'blocked')
GROUP BY users.id;

-- platformdb: target_ms=10
SELECT t.id, t.title, t.status, t.priority, t.due_at, p.name AS project, p.server_id
FROM tasks AS t
JOIN projects AS p ON p.id = t.project_id AND p.deleted_at IS NULL
WHERE t.assignee_id = $1
  AND t.status IN ('open', 'in_progress', 'blocked')
  AND t.deleted_at IS NULL
ORDER BY t.priority, t.due_at, t.id
LIMIT 50;
