SELECT activity.pid
FROM pg_stat_progress_create_index AS build
JOIN pg_stat_activity AS activity ON activity.pid = build.pid
WHERE activity.datname = current_database()
  AND activity.application_name = 'platformdb'
ORDER BY activity.pid
