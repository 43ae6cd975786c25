-- Version 11, as cliquet 3.1.3 to 3.1.5 installed it: written from backends, section 15.
CREATE TABLE records (
    id TEXT NOT NULL, parent_id TEXT NOT NULL, collection_id TEXT NOT NULL,
    last_modified TIMESTAMP NOT NULL, data JSONB NOT NULL DEFAULT '{}'::JSONB,
    PRIMARY KEY (id, parent_id, collection_id));
CREATE TABLE deleted (
    id TEXT NOT NULL, parent_id TEXT NOT NULL, collection_id TEXT NOT NULL,
    last_modified TIMESTAMP NOT NULL,
    PRIMARY KEY (id, parent_id, collection_id));
CREATE TABLE timestamps (
    parent_id TEXT NOT NULL, collection_id TEXT NOT NULL,
    last_modified TIMESTAMP NOT NULL,
    PRIMARY KEY (parent_id, collection_id));
CREATE TABLE metadata (name VARCHAR(128) NOT NULL, value VARCHAR(512) NOT NULL);

CREATE FUNCTION as_epoch(ts TIMESTAMP) RETURNS BIGINT AS $$
BEGIN
    RETURN (EXTRACT(EPOCH FROM ts) * 1000)::BIGINT;
END;
$$ LANGUAGE plpgsql IMMUTABLE;

CREATE FUNCTION from_epoch(epoch BIGINT) RETURNS TIMESTAMP AS $$
BEGIN
    RETURN TIMESTAMP WITH TIME ZONE 'epoch' + epoch * INTERVAL '1 millisecond';
END;
$$ LANGUAGE plpgsql IMMUTABLE;

CREATE UNIQUE INDEX idx_records_parent_id_collection_id_last_modified
    ON records (parent_id, collection_id, last_modified DESC);
CREATE INDEX idx_records_last_modified_epoch ON records (as_epoch(last_modified));
CREATE UNIQUE INDEX idx_deleted_parent_id_collection_id_last_modified
    ON deleted (parent_id, collection_id, last_modified DESC);
CREATE INDEX idx_deleted_last_modified_epoch ON deleted (as_epoch(last_modified));

CREATE FUNCTION collection_timestamp(uid VARCHAR, resource VARCHAR)
RETURNS TIMESTAMP AS $$
DECLARE
    found TIMESTAMP;
BEGIN
    SELECT last_modified INTO found FROM timestamps
     WHERE parent_id = uid AND collection_id = resource;
    IF found IS NULL THEN
        found := clock_timestamp();
        INSERT INTO timestamps VALUES (uid, resource, found);
    END IF;
    RETURN found;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION bump_timestamp() RETURNS trigger AS $$
DECLARE
    previous TIMESTAMP;
    candidate TIMESTAMP;
BEGIN
    SELECT last_modified INTO previous FROM timestamps
     WHERE parent_id = NEW.parent_id AND collection_id = NEW.collection_id;
    candidate := clock_timestamp();
    IF previous >= candidate THEN
        candidate := previous + INTERVAL '1 millisecond';
    END IF;
    IF NEW.last_modified IS NULL THEN
        NEW.last_modified := candidate;
    ELSIF previous IS NULL OR NEW.last_modified > previous THEN
        candidate := NEW.last_modified;
    END IF;
    UPDATE timestamps SET last_modified = candidate
     WHERE parent_id = NEW.parent_id AND collection_id = NEW.collection_id;
    IF NOT FOUND THEN
        INSERT INTO timestamps VALUES (NEW.parent_id, NEW.collection_id, candidate);
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER tgr_records_last_modified BEFORE INSERT OR UPDATE ON records
FOR EACH ROW EXECUTE PROCEDURE bump_timestamp();
CREATE TRIGGER tgr_deleted_last_modified BEFORE INSERT OR UPDATE ON deleted
FOR EACH ROW EXECUTE PROCEDURE bump_timestamp();

INSERT INTO metadata VALUES ('created_at', now()::TEXT);
INSERT INTO metadata VALUES ('storage_schema_version', '11');

-- Data of years: equal milliseconds, a record next to its tombstone, forced times,
-- stale members, a collection without its row, types mixed.
INSERT INTO records (id, parent_id, collection_id, last_modified, data) VALUES
    ('one', 'p', 'c', '2015-06-01 12:00:00.000100', '{"id": "one", "n": 1}'),
    ('two', 'p', 'c', '2015-06-01 12:00:00.000400', '{"n": "1", "last_modified": 5}'),
    ('past', 'p', 'c', '2001-01-01 00:00:00', '{"n": [1], "id": "stale"}'),
    ('back', 'p', 'c', '2015-06-02 00:00:00', '{}'),
    ('é/"''%_', 'p', 'c', '2015-06-03 00:00:00', '{"n": null}'),
    ('late', 'p', 'future', '2150-01-01 00:00:00.0004', '{"n": true}'),
    ('alone', 'orphan', 'c', '2015-01-01 00:00:00', '{"n": {"k": 1.5}}');
ALTER TABLE deleted DISABLE TRIGGER ALL;
INSERT INTO deleted VALUES
    ('back', 'p', 'c', '2015-06-01 13:00:00'),
    ('gone', 'p', 'c', '2015-06-01 14:00:00.000499'),
    ('beat', '__heartbeat__', '__heartbeat__', '2015-06-01 00:00:00');
ALTER TABLE deleted ENABLE TRIGGER ALL;
INSERT INTO timestamps VALUES ('p', 'only', '2015-06-05 00:00:00');
DELETE FROM timestamps WHERE parent_id = 'orphan';
-- Lost by the race of backends 3.6: below its record.
UPDATE timestamps SET last_modified = '2015-01-01' WHERE collection_id = 'future';
