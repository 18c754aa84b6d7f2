\ir ../../sql/shared/jobs/tables.undo.sql

DROP TABLE email_unsubscribes;
DROP TABLE email_feedback;
DROP TABLE email_jobs;
DROP TABLE contact_submissions;
DROP TABLE activity;
DROP TABLE notifications;
