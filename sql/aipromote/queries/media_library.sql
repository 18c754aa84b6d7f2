-- Media library: an organization's newest images.

-- platformdb: personas="images"
SELECT organizations.id,
       count(assets.organization_id) AS weight, organizations.created_at AS since
FROM organizations
LEFT JOIN assets
    ON assets.organization_id = organizations.id AND assets.asset_type = 'image'
GROUP BY organizations.id;

-- platformdb: target_ms=10
SELECT id, file_name, mime_type, width, height, alt_text, created_at
FROM assets
WHERE organization_id = $1 AND asset_type = 'image' AND deleted_at IS NULL
ORDER BY created_at DESC
LIMIT 50;
