--
-- Timestamps are those of UTC, whatever the time zone of the session. Those of another
-- zone that are there stay as they are: clients know them.
--
SET LOCAL client_min_messages TO ERROR;

DO $$
DECLARE
    zone TEXT := current_setting('TimeZone');
    half_a_year_ago TIMESTAMPTZ := now() - INTERVAL '182 days';
BEGIN
    -- It is there already if an earlier server flushed the database since.
    IF EXISTS (SELECT FROM pg_attribute
                WHERE attrelid = 'timestamps'::REGCLASS AND attname = 'local_until') THEN
        RETURN;
    END IF;
    ALTER TABLE timestamps ADD COLUMN local_until TIMESTAMP;
    -- In summer, or in winter.
    IF now() AT TIME ZONE zone <> now() AT TIME ZONE 'UTC'
    OR half_a_year_ago AT TIME ZONE zone <> half_a_year_ago AT TIME ZONE 'UTC' THEN
        UPDATE timestamps SET local_until = last_modified;
        INSERT INTO metadata SELECT 'storage_time_zone', zone
         WHERE EXISTS (SELECT FROM timestamps);
    END IF;
END;
$$;

CREATE OR REPLACE FUNCTION current_epoch() RETURNS BIGINT AS $$
    SELECT floor(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT
$$ LANGUAGE sql VOLATILE;

INSERT INTO metadata VALUES ('storage_schema_version', '13');
