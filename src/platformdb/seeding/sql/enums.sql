-- The labels of every enum, in their order.
SELECT enumtypid::bigint, array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_enum GROUP BY 1
