-- Loans of a member: the ten newest.

-- platformdb: persona=busiest
SELECT member_id FROM loans GROUP BY member_id ORDER BY count(*) DESC, member_id LIMIT 1;

-- platformdb: persona=quiet
SELECT member_id FROM loans GROUP BY member_id ORDER BY count(*), member_id LIMIT 1;

-- platformdb: target_ms=50
SELECT tools.name, loans.lent_at
FROM loans JOIN tools ON tools.id = loans.tool_id
WHERE loans.member_id = $1
ORDER BY loans.lent_at DESC
LIMIT 10;
