DROP TABLE list_members;
DROP TABLE user_lists;
DROP TABLE feed_filters;
DROP TABLE custom_feeds;
DROP TABLE section_content;
DROP TABLE profile_sections;
