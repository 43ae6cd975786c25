--
-- Cache. It can be run again on what is there.
--
-- Of several that migrate at once, one creates: IF NOT EXISTS alone is a race.
SELECT pg_advisory_xact_lock(1668049265, 1);

SET LOCAL client_min_messages TO ERROR;

CREATE TABLE IF NOT EXISTS cache (
    key VARCHAR(256) PRIMARY KEY,
    value TEXT NOT NULL,
    ttl TIMESTAMP DEFAULT NULL
);
CREATE INDEX IF NOT EXISTS idx_cache_ttl ON cache (ttl);

-- What expires by the clock of another zone than UTC: that of earlier versions was the
-- session's.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_proc
                WHERE oid = to_regproc('sec2ttl') AND prosrc NOT LIKE '%UTC%') THEN
        UPDATE cache SET ttl = ttl::TIMESTAMPTZ AT TIME ZONE 'UTC'
         WHERE ttl <> ttl::TIMESTAMPTZ AT TIME ZONE 'UTC';
    END IF;
END;
$$;

-- For earlier servers on the same database: ours say the same themselves.
CREATE OR REPLACE FUNCTION sec2ttl(seconds FLOAT) RETURNS TIMESTAMP AS $$
BEGIN
    RETURN (now() AT TIME ZONE 'UTC') + make_interval(secs => seconds);
END;
$$ LANGUAGE plpgsql;
