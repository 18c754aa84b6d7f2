-- platformdb: requires=004
CREATE OR REPLACE TRIGGER notify_of_comment
    AFTER INSERT ON comments
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_of_comment();

CREATE OR REPLACE TRIGGER notify_of_subscription
    AFTER INSERT ON subscriptions
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_of_subscription();

CREATE OR REPLACE TRIGGER announce_post_on_insert
    AFTER INSERT ON posts
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION announce_post();

CREATE OR REPLACE TRIGGER announce_post_on_update
    AFTER UPDATE ON posts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION announce_post();
