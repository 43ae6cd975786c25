--
-- Cache. It can be run again on what is there.
--
SET LOCAL client_min_messages TO ERROR;

CREATE TABLE IF NOT EXISTS cache (
    key VARCHAR(256) PRIMARY KEY,
    value TEXT NOT NULL,
    ttl TIMESTAMP DEFAULT NULL
);
CREATE INDEX IF NOT EXISTS idx_cache_ttl ON cache (ttl);

CREATE OR REPLACE FUNCTION sec2ttl(seconds FLOAT) RETURNS TIMESTAMP AS $$
BEGIN
    RETURN (now() + make_interval(secs => seconds))::TIMESTAMP;
END;
$$ LANGUAGE plpgsql;
