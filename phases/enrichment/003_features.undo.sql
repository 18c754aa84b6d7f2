DROP TABLE documents;
DROP TABLE tasks;
DROP TABLE project_members;
DROP TABLE projects;
DROP TABLE community_health;
DROP TABLE reputation_scores;
DROP TABLE conversation_summaries;
DROP TABLE ai_analysis;
