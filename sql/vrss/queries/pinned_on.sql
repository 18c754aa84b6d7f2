-- Post page: the profiles on which a post is pinned.

-- platformdb: personas="sections that show the post"
SELECT post_id, count(*) AS weight FROM section_content WHERE post_id IS NOT NULL GROUP BY post_id;

-- platformdb: target_ms=50
SELECT profile_sections.user_id, profile_sections.title
FROM section_content
JOIN profile_sections ON profile_sections.id = section_content.section_id
WHERE section_content.post_id = $1;
