-- Keeps series.pieces_count, which counts the content pieces that are not soft-deleted. One run per statement.
CREATE OR REPLACE FUNCTION update_series_pieces_count() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    series_ids uuid[];
    deltas     bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM refuse_isolation('TRUNCATE content_pieces', '{repeatable read,serializable}', 'READ COMMITTED');
        SELECT array_agg(id), array_agg(-pieces_count) INTO series_ids, deltas FROM series WHERE pieces_count <> 0;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(change.series_id), array_agg(change.delta)
        INTO series_ids, deltas
        FROM (
            SELECT series_id, count(*) AS delta FROM new_rows
            WHERE series_id IS NOT NULL AND deleted_at IS NULL GROUP BY series_id
        ) AS change;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(change.series_id), array_agg(change.delta)
        INTO series_ids, deltas
        FROM (
            SELECT series_id, -count(*) AS delta FROM old_rows
            WHERE series_id IS NOT NULL AND deleted_at IS NULL GROUP BY series_id
        ) AS change;
    ELSE
        SELECT array_agg(change.series_id), array_agg(change.delta)
        INTO series_ids, deltas
        FROM (
            SELECT series_id, sum(delta) AS delta
            FROM (
                SELECT series_id, 1 AS delta FROM new_rows WHERE deleted_at IS NULL
                UNION ALL
                SELECT series_id, -1 FROM old_rows WHERE deleted_at IS NULL
            ) AS row_changes
            WHERE series_id IS NOT NULL
            GROUP BY series_id
            HAVING sum(delta) <> 0
        ) AS change;
    END IF;

    IF series_ids IS NOT NULL THEN
        -- Always in the order of their ids: statements over the same series queue up instead of waiting in a circle.
        PERFORM 1 FROM series WHERE id = ANY (series_ids) ORDER BY id FOR NO KEY UPDATE;
        UPDATE series
        SET pieces_count = pieces_count + change.delta
        FROM unnest(series_ids, deltas) AS change (series_id, delta)
        WHERE series.id = change.series_id;
    END IF;
    RETURN NULL;
END
$$;
