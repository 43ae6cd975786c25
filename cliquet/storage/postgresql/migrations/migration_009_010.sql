-- The timestamp of a collection has a row of its own.
CREATE TABLE IF NOT EXISTS timestamps (
    parent_id TEXT NOT NULL,
    collection_id TEXT NOT NULL,
    last_modified TIMESTAMP NOT NULL,
    PRIMARY KEY (parent_id, collection_id)
);

CREATE OR REPLACE FUNCTION collection_timestamp(uid VARCHAR, resource VARCHAR)
RETURNS TIMESTAMP AS $$
DECLARE
    stored TIMESTAMP;
BEGIN
    SELECT last_modified INTO stored FROM timestamps
     WHERE parent_id = uid AND collection_id = resource;
    IF stored IS NULL THEN
        stored := clock_timestamp();
        INSERT INTO timestamps (parent_id, collection_id, last_modified)
        VALUES (uid, resource, stored);
    END IF;
    RETURN stored;
END;
$$ LANGUAGE plpgsql;

CREATE OR REPLACE FUNCTION bump_timestamp() RETURNS trigger AS $$
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
        INSERT INTO timestamps (parent_id, collection_id, last_modified)
        VALUES (NEW.parent_id, NEW.collection_id, candidate);
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

DROP TRIGGER IF EXISTS tgr_records_last_modified ON records;
CREATE TRIGGER tgr_records_last_modified BEFORE INSERT OR UPDATE ON records
FOR EACH ROW EXECUTE PROCEDURE bump_timestamp();

DROP TRIGGER IF EXISTS tgr_deleted_last_modified ON deleted;
CREATE TRIGGER tgr_deleted_last_modified BEFORE INSERT OR UPDATE ON deleted
FOR EACH ROW EXECUTE PROCEDURE bump_timestamp();

INSERT INTO metadata VALUES ('storage_schema_version', '10');
