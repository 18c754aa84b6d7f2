-- Renaming a user: the new name stands beside every post at once.

-- platformdb: personas="posts written"
SELECT
    users.id,
    (SELECT count(*) FROM posts WHERE posts.creator_id = users.id) AS weight,
    users.created_at AS since
FROM users;

-- platformdb: target_ms=1000 rollback=on
UPDATE users SET username = 'A_new_name_of_mine' WHERE id = $1;
