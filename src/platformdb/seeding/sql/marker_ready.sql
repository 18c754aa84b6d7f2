-- Whether platformdb.seed is there with all of its columns.
SELECT EXISTS (
    SELECT FROM pg_attribute
    WHERE attrelid = to_regclass('platformdb.seed') AND attname = 'before' AND NOT attisdropped
)
