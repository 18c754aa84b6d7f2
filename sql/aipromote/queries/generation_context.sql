-- Generation context: all that a prompt says of an organization: voice, rules, strategy, pillars.

-- platformdb: persona=busiest
SELECT organization_id
FROM (
    SELECT organization_id, count(*) AS weight
    FROM brand_rules
    GROUP BY organization_id
) AS ranked
ORDER BY weight DESC, organization_id
LIMIT 1;

-- platformdb: persona=median
SELECT organization_id
FROM (
    SELECT *, row_number() OVER (ORDER BY weight, organization_id) AS place, count(*) OVER () AS places
    FROM (
        SELECT organization_id, count(*) AS weight
        FROM brand_rules
        GROUP BY organization_id
    ) AS counted
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT organization_id
FROM (
    SELECT organization_id, count(*) AS weight
    FROM brand_rules
    GROUP BY organization_id
) AS ranked
ORDER BY weight, organization_id
LIMIT 1;

-- platformdb: target_ms=10
SELECT organizations.name, organizations.profile, organizations.languages, organizations.markets,
       founders.full_name AS speaker, founders.bio, ai_strategies.strategy,
       ARRAY(
           SELECT jsonb_build_object('name', name, 'severity', severity, 'platform', platform, 'rule', definition)
           FROM brand_rules
           WHERE organization_id = $1 AND is_active
           ORDER BY severity, name
       ) AS rules,
       ARRAY(
           SELECT name FROM content_pillars WHERE organization_id = $1 AND is_active ORDER BY share_percent DESC, name
       ) AS pillars
FROM organizations
LEFT JOIN founders ON founders.organization_id = organizations.id AND founders.is_primary
LEFT JOIN ai_strategies ON ai_strategies.organization_id = organizations.id AND ai_strategies.is_active
WHERE organizations.id = $1;
