-- Project: how many tasks each member has, by how far they are.

-- platformdb: personas="tasks"
SELECT projects.id, count(tasks.id) AS weight, projects.created_at AS since
FROM projects
LEFT JOIN tasks ON tasks.project_id = projects.id
GROUP BY projects.id;

-- platformdb: target_ms=10
SELECT assignee_id, status, count(*) AS tasks
FROM tasks
WHERE project_id = $1 AND deleted_at IS NULL
GROUP BY assignee_id, status
ORDER BY assignee_id, status;
