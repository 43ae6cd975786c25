--
-- Storage, version 16. It can be run again on what is there.
--
-- Of several that migrate at once, one creates: IF NOT EXISTS alone is a race.
SELECT pg_advisory_xact_lock(1668049265, 1);

SET LOCAL client_min_messages TO ERROR;

CREATE TABLE IF NOT EXISTS records (
    id TEXT NOT NULL,
    parent_id TEXT NOT NULL,
    collection_id TEXT NOT NULL,
    last_modified TIMESTAMP NOT NULL,
    data JSONB NOT NULL DEFAULT '{}'::JSONB,
    PRIMARY KEY (id, parent_id, collection_id)
);

CREATE TABLE IF NOT EXISTS deleted (
    id TEXT NOT NULL,
    parent_id TEXT NOT NULL,
    collection_id TEXT NOT NULL,
    last_modified TIMESTAMP NOT NULL,
    PRIMARY KEY (id, parent_id, collection_id)
);

-- One row for each collection of each parent: its timestamp, and how many records.
CREATE TABLE IF NOT EXISTS timestamps (
    parent_id TEXT NOT NULL,
    collection_id TEXT NOT NULL,
    last_modified TIMESTAMP NOT NULL,
    records BIGINT NOT NULL DEFAULT 0,
    -- The last one that is not of UTC (zones.py): none in a new database.
    local_until TIMESTAMP,
    PRIMARY KEY (parent_id, collection_id)
);
ALTER TABLE timestamps ADD COLUMN IF NOT EXISTS records BIGINT NOT NULL DEFAULT 0;
ALTER TABLE timestamps ADD COLUMN IF NOT EXISTS local_until TIMESTAMP;

-- Answers to requests with an Idempotency-Key, under a digest of it.
CREATE TABLE IF NOT EXISTS idempotent_answers (
    id TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    content TEXT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_idempotent_answers_expires
    ON idempotent_answers (expires);

-- Up to when not all deletions of a collection are known; without names: of any.
CREATE TABLE IF NOT EXISTS horizons (
    parent_id TEXT NOT NULL,
    collection_id TEXT NOT NULL,
    horizon BIGINT NOT NULL,
    PRIMARY KEY (parent_id, collection_id)
);

CREATE TABLE IF NOT EXISTS metadata (
    name VARCHAR(128) NOT NULL,
    value VARCHAR(512) NOT NULL
);

CREATE OR REPLACE FUNCTION as_epoch(ts TIMESTAMP) RETURNS BIGINT AS $$
    SELECT (EXTRACT(EPOCH FROM ts) * 1000)::BIGINT
$$ LANGUAGE sql IMMUTABLE;

-- Exact, whatever the time zone of the session.
CREATE OR REPLACE FUNCTION from_epoch(epoch BIGINT) RETURNS TIMESTAMP AS $$
    SELECT TIMESTAMP 'epoch' + (epoch / 86400000) * INTERVAL '1 day'
         + (epoch % 86400000) * INTERVAL '1 millisecond'
$$ LANGUAGE sql IMMUTABLE;

-- Of UTC, whatever the time zone of the session.
CREATE OR REPLACE FUNCTION current_epoch() RETURNS BIGINT AS $$
    SELECT floor(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT
$$ LANGUAGE sql VOLATILE;

CREATE OR REPLACE FUNCTION collection_timestamp(uid VARCHAR, resource VARCHAR)
RETURNS TIMESTAMP AS $$
DECLARE
    stored TIMESTAMP;
BEGIN
    SELECT last_modified INTO stored FROM timestamps
     WHERE parent_id = uid AND collection_id = resource
       AND as_epoch(last_modified) <> 0;
    IF stored IS NULL THEN
        INSERT INTO timestamps AS pair (parent_id, collection_id, last_modified)
        VALUES (uid, resource, from_epoch(current_epoch()))
        ON CONFLICT (parent_id, collection_id) DO UPDATE SET last_modified =
            CASE WHEN as_epoch(pair.last_modified) = 0 THEN excluded.last_modified
            ELSE pair.last_modified END
        RETURNING last_modified INTO stored;
    END IF;
    RETURN stored;
END;
$$ LANGUAGE plpgsql;

-- The order of lists: timestamps as clients see them.
DROP INDEX IF EXISTS idx_records_last_modified_epoch;
CREATE INDEX idx_records_last_modified_epoch ON records
    (parent_id, collection_id, as_epoch(last_modified) DESC, id COLLATE "C");

DROP INDEX IF EXISTS idx_deleted_last_modified_epoch;
CREATE INDEX idx_deleted_last_modified_epoch ON deleted
    (parent_id, collection_id, as_epoch(last_modified) DESC, id COLLATE "C");

INSERT INTO metadata SELECT 'created_at', now()::TEXT
 WHERE NOT EXISTS (SELECT FROM metadata WHERE name = 'created_at');
INSERT INTO metadata SELECT 'storage_schema_version', '16'
 WHERE NOT EXISTS (SELECT FROM metadata WHERE name = 'storage_schema_version');
