-- Generation context: all that a prompt says of an organization: voice, rules, strategy, pillars.

-- platformdb: personas="brand rules"
SELECT organizations.id,
       count(brand_rules.organization_id) AS weight, organizations.created_at AS since
FROM organizations
LEFT JOIN brand_rules
    ON brand_rules.organization_id = organizations.id
GROUP BY organizations.id;

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
