-- What an audit row holds of a change. Secrets go by the ending of their column's name; a new column that is one must
-- end like them.
CREATE OR REPLACE FUNCTION audit_changes(before jsonb, after jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT coalesce(jsonb_object_agg(
        name,
        CASE
            WHEN name ~ '(_hash|_ciphertext|_nonce)$' OR length(old) > 200 OR length(after ->> name) > 200 THEN '{}'
            WHEN after IS NULL THEN jsonb_build_object('from', before -> name)
            ELSE jsonb_build_object('from', before -> name, 'to', after -> name)
        END
    ), '{}')
    FROM jsonb_each_text(before) AS each (name, old)
    WHERE name <> ALL ('{updated_at,search,pieces_count}')
      AND CASE WHEN after IS NULL THEN old IS NOT NULL ELSE before -> name IS DISTINCT FROM after -> name END
$$;
