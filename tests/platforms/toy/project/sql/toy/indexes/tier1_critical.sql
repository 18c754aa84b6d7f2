-- A member's page: what he borrowed, newest first; the foreign key to members.
CREATE INDEX idx_loans_member_lent ON loans (member_id, lent_at DESC);
