-- Makes a user a member of the server that an invite is for, and returns the membership; an invite that is used up,
-- out of date, revoked or unknown is refused, and so is one for a deleted server. Who is a member already uses nothing
-- up.
CREATE OR REPLACE FUNCTION join_by_invite(with_code text, joining_user uuid) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
    invite    invites;
    member_id uuid;
BEGIN
    SELECT * INTO invite FROM invites WHERE code = with_code;
    -- The membership first, as everywhere: its trigger locks the server, then comes the invite. Should the invite turn
    -- out to be used up by then, the error takes the membership back.
    INSERT INTO server_members (server_id, user_id)
    SELECT invite.server_id, joining_user
    WHERE invite.server_id IS NOT NULL
    ON CONFLICT (server_id, user_id) DO NOTHING
    RETURNING id INTO member_id;
    IF member_id IS NULL AND invite.server_id IS NOT NULL THEN
        RETURN (SELECT id FROM server_members WHERE server_id = invite.server_id AND user_id = joining_user);
    END IF;

    -- Who waits here for another to use it, looks again at what the other left.
    UPDATE invites
    SET uses = uses + 1
    WHERE id = invite.id
      AND revoked_at IS NULL
      AND EXISTS (SELECT FROM servers WHERE servers.id = invite.server_id AND servers.deleted_at IS NULL)
      AND (expires_at IS NULL OR expires_at > now())
      AND (max_uses IS NULL OR uses < max_uses);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the invite % cannot be used', with_code
            USING ERRCODE = 'check_violation',
                  TABLE = 'invites',
                  CONSTRAINT = 'invites_usable',
                  DETAIL = 'It is unknown, revoked, out of date or used up, or its server is deleted.';
    END IF;
    RETURN member_id;
END
$$;
