-- What a plan allows per calendar month; NULL is no limit. Prices change with a sale, limits with a release.
CREATE OR REPLACE FUNCTION plan_limit(plan text, metric text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
    SELECT CASE metric
        WHEN 'content_generations' THEN CASE plan
            WHEN 'free' THEN 20 WHEN 'starter' THEN 200 WHEN 'growth' THEN 2000 WHEN 'scale' THEN 20000 ELSE 0 END
        WHEN 'strategy_generations' THEN CASE plan
            WHEN 'free' THEN 3 WHEN 'starter' THEN 10 WHEN 'growth' THEN 20 WHEN 'scale' THEN 200 ELSE 0 END
        WHEN 'scheduled_posts' THEN CASE plan
            WHEN 'free' THEN 30 WHEN 'starter' THEN 400 WHEN 'growth' THEN 5000 WHEN 'scale' THEN NULL ELSE 0 END
        WHEN 'ai_tokens' THEN CASE plan
            WHEN 'free' THEN 100000 WHEN 'starter' THEN 1000000 WHEN 'growth' THEN 10000000 WHEN 'scale' THEN NULL
            ELSE 0 END
        ELSE 0
    END
$$;
