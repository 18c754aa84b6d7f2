DROP TABLE audit_log;
DROP TABLE weekly_summaries;
DROP TABLE analytics;
DROP TABLE scheduled_posts;
