-- By column: a condition on whole rows is not allowed where there are generated columns.
CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE OF content, edited_timestamp, mentions, mention_roles, mention_channels, mention_everyone, embeds, pinned,
        flags, components, thread_id, language, deleted_at ON messages
    FOR EACH ROW
    EXECUTE FUNCTION set_updated_at();

-- Another time would move it into another partition, another channel to another node, and leave behind what hangs on it.
CREATE OR REPLACE TRIGGER refuse_change
    BEFORE UPDATE OF channel_id, created_at, id ON messages
    FOR EACH ROW
    WHEN ((OLD.channel_id, OLD.created_at, OLD.id) IS DISTINCT FROM (NEW.channel_id, NEW.created_at, NEW.id))
    EXECUTE FUNCTION refuse_change(
        'the channel, the time and the id of a message', 'messages', 'messages_key_never_changes',
        'Insert the message anew where it belongs, and delete this one.'
    );

CREATE OR REPLACE TRIGGER fill_message_language
    BEFORE INSERT ON messages
    FOR EACH ROW
    WHEN (NEW.language IS NULL)
    EXECUTE FUNCTION fill_message_language();

CREATE OR REPLACE TRIGGER update_channel_last_message_on_insert
    AFTER INSERT ON messages
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_channel_last_message();

CREATE OR REPLACE TRIGGER update_channel_last_message_on_update
    AFTER UPDATE ON messages
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_channel_last_message();

CREATE OR REPLACE TRIGGER update_channel_last_message_on_delete
    AFTER DELETE ON messages
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_channel_last_message();

CREATE OR REPLACE TRIGGER update_thread_message_count_on_insert
    AFTER INSERT ON messages
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_thread_message_count();

CREATE OR REPLACE TRIGGER update_thread_message_count_on_update
    AFTER UPDATE ON messages
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_thread_message_count();

CREATE OR REPLACE TRIGGER update_thread_message_count_on_delete
    AFTER DELETE ON messages
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_thread_message_count();

CREATE OR REPLACE TRIGGER sync_message_mentions_on_insert
    AFTER INSERT ON messages
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION sync_message_mentions();

CREATE OR REPLACE TRIGGER sync_message_mentions_on_update
    AFTER UPDATE ON messages
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION sync_message_mentions();

-- Only what moderation asks about: edits, pins and deletions.
CREATE OR REPLACE TRIGGER write_audit_log
    AFTER UPDATE OF content, embeds, pinned, deleted_at ON messages
    FOR EACH ROW
    WHEN (
        (OLD.content, OLD.embeds, OLD.pinned, OLD.deleted_at)
        IS DISTINCT FROM
        (NEW.content, NEW.embeds, NEW.pinned, NEW.deleted_at)
    )
    EXECUTE FUNCTION write_audit_log('messages', 'id', 'search', 'updated_at', 'edited_timestamp');
