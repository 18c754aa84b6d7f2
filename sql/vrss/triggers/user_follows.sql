CREATE OR REPLACE TRIGGER create_friendship_on_mutual_follow
    AFTER INSERT ON user_follows
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION create_friendship_on_mutual_follow();

CREATE OR REPLACE TRIGGER adjust_friendship_on_follow_update
    AFTER UPDATE ON user_follows
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION create_friendship_on_mutual_follow();

CREATE OR REPLACE TRIGGER remove_friendship_on_unfollow
    AFTER DELETE ON user_follows
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION create_friendship_on_mutual_follow();

CREATE OR REPLACE TRIGGER remove_friendships_on_follow_truncate
    AFTER TRUNCATE ON user_follows
    FOR EACH STATEMENT
    EXECUTE FUNCTION create_friendship_on_mutual_follow();
