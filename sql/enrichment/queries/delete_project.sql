-- Administration: a project goes, with its members, tasks and documents.

-- platformdb: personas="tasks"
SELECT projects.id, count(tasks.id) AS weight, projects.created_at AS since
FROM projects
LEFT JOIN tasks ON tasks.project_id = projects.id
GROUP BY projects.id;

-- platformdb: target_ms=50 rollback=on
DELETE FROM projects WHERE id = $1;
