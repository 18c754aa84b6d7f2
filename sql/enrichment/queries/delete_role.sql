-- Administration: a role goes; nobody has it any more, and no message mentions it.

-- platformdb: personas="holders of the role"
SELECT roles.id, count(member_roles.member_id) AS weight
FROM roles
LEFT JOIN member_roles ON member_roles.role_id = roles.id
WHERE roles.id <> roles.server_id
GROUP BY roles.id;

-- platformdb: target_ms=100 rollback=on large=3000
DELETE FROM roles WHERE id = $1;
