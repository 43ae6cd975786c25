-- The clock goes on during a transaction. (The triggers come back with version 10.)
DROP TRIGGER IF EXISTS tgr_records_last_modified ON records;
DROP TRIGGER IF EXISTS tgr_deleted_last_modified ON deleted;

CREATE OR REPLACE FUNCTION collection_timestamp(uid VARCHAR, resource VARCHAR)
RETURNS TIMESTAMP AS $$
DECLARE
    newest_record TIMESTAMP;
    newest_deleted TIMESTAMP;
BEGIN
    SELECT last_modified INTO newest_record FROM records
     WHERE parent_id = uid AND collection_id = resource
     ORDER BY last_modified DESC LIMIT 1;
    SELECT last_modified INTO newest_deleted FROM deleted
     WHERE parent_id = uid AND collection_id = resource
     ORDER BY last_modified DESC LIMIT 1;
    RETURN coalesce(
        greatest(newest_record, newest_deleted), clock_timestamp()::TIMESTAMP);
END;
$$ LANGUAGE plpgsql;

CREATE OR REPLACE FUNCTION bump_timestamp() RETURNS trigger AS $$
DECLARE
    previous TIMESTAMP;
BEGIN
    previous := collection_timestamp(NEW.parent_id, NEW.collection_id);
    NEW.last_modified := greatest(
        clock_timestamp()::TIMESTAMP, previous + INTERVAL '1 millisecond');
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

INSERT INTO metadata VALUES ('storage_schema_version', '8');
