-- Search: the 25 newest messages of a channel with certain words, in the asker's language or as they are.

-- platformdb: personas="messages in the channel"
SELECT channel_id, 'thank you' AS words, count(*) AS weight
FROM messages
GROUP BY channel_id;

-- platformdb: persona=common_word
SELECT channel_id, 'today' AS words FROM messages GROUP BY channel_id ORDER BY count(*) DESC, channel_id LIMIT 1;

-- platformdb: persona=absent_word
SELECT channel_id, 'rhinoceros' AS words FROM messages GROUP BY channel_id ORDER BY count(*) DESC, channel_id LIMIT 1;

-- What is found comes first, by the words and the channel together, its order after that: so a word that nobody used costs
-- nothing, where going back through the channel until the page is full would read all of it.
-- platformdb: target_ms=50
WITH found AS MATERIALIZED (
    SELECT id, channel_id, author_id, content, created_at
    FROM messages
    WHERE search @@ search_query($1, $2, 'english')
      AND deleted_at IS NULL
)
SELECT id, author_id, content, created_at
FROM found
-- Again: nobody may find the messages of a channel by writing its id into another.
WHERE channel_id = $1
ORDER BY created_at DESC, id DESC
LIMIT 25;
