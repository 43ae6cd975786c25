--
-- Storage, version 14. It can be run again on what is there.
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

-- For rows that come without timestamp. Ours bring it: their statement took it from
-- the collection's row.
CREATE OR REPLACE FUNCTION bump_timestamp() RETURNS trigger AS $$
BEGIN
    INSERT INTO timestamps AS pair (parent_id, collection_id, last_modified)
    VALUES (NEW.parent_id, NEW.collection_id, from_epoch(current_epoch()))
    ON CONFLICT (parent_id, collection_id) DO UPDATE SET last_modified = from_epoch(
        greatest(as_epoch(excluded.last_modified), as_epoch(pair.last_modified) + 1))
    RETURNING last_modified INTO NEW.last_modified;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

-- Keeps the number of records of each collection, whoever writes them; and the
-- collection's timestamp above theirs, where a writer did not set it.
CREATE OR REPLACE FUNCTION count_records() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE timestamps AS pair SET records = pair.records - removed.records
          FROM (SELECT parent_id, collection_id, count(*) AS records
                  FROM changed GROUP BY parent_id, collection_id) AS removed
         WHERE pair.parent_id = removed.parent_id
           AND pair.collection_id = removed.collection_id;
    ELSE
        INSERT INTO timestamps AS pair
               (parent_id, collection_id, last_modified, records)
        SELECT parent_id, collection_id, max(last_modified), count(*)
          FROM changed GROUP BY parent_id, collection_id
        ON CONFLICT (parent_id, collection_id) DO UPDATE SET
            records = pair.records + excluded.records,
            last_modified = greatest(pair.last_modified, excluded.last_modified);
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

DROP TRIGGER IF EXISTS tgr_records_last_modified ON records;
CREATE TRIGGER tgr_records_last_modified BEFORE INSERT OR UPDATE ON records
FOR EACH ROW WHEN (NEW.last_modified IS NULL) EXECUTE PROCEDURE bump_timestamp();

DROP TRIGGER IF EXISTS tgr_deleted_last_modified ON deleted;
CREATE TRIGGER tgr_deleted_last_modified BEFORE INSERT OR UPDATE ON deleted
FOR EACH ROW WHEN (NEW.last_modified IS NULL) EXECUTE PROCEDURE bump_timestamp();

DROP TRIGGER IF EXISTS tgr_records_inserted ON records;
CREATE TRIGGER tgr_records_inserted AFTER INSERT ON records
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE PROCEDURE count_records();

DROP TRIGGER IF EXISTS tgr_records_removed ON records;
CREATE TRIGGER tgr_records_removed AFTER DELETE ON records
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE PROCEDURE count_records();

-- The order of lists: timestamps as clients see them.
DROP INDEX IF EXISTS idx_records_last_modified_epoch;
CREATE INDEX idx_records_last_modified_epoch ON records
    (parent_id, collection_id, as_epoch(last_modified) DESC, id COLLATE "C");

DROP INDEX IF EXISTS idx_deleted_last_modified_epoch;
CREATE INDEX idx_deleted_last_modified_epoch ON deleted
    (parent_id, collection_id, as_epoch(last_modified) DESC, id COLLATE "C");

-- Collections that were there before.
UPDATE timestamps SET records = 0;
INSERT INTO timestamps AS pair (parent_id, collection_id, last_modified, records)
SELECT parent_id, collection_id, max(last_modified), sum(live)
  FROM (SELECT parent_id, collection_id, last_modified, 1 AS live FROM records
        UNION ALL
        SELECT parent_id, collection_id, last_modified, 0 AS live FROM deleted) AS stored
 GROUP BY parent_id, collection_id
ON CONFLICT (parent_id, collection_id) DO UPDATE SET
    records = excluded.records,
    last_modified = greatest(pair.last_modified, excluded.last_modified);

INSERT INTO metadata SELECT 'created_at', now()::TEXT
 WHERE NOT EXISTS (SELECT FROM metadata WHERE name = 'created_at');
INSERT INTO metadata SELECT 'storage_schema_version', '14'
 WHERE NOT EXISTS (SELECT FROM metadata WHERE name = 'storage_schema_version');
