-- Records belong to a parent, which may be something else than a user.
ALTER TABLE records RENAME COLUMN user_id TO parent_id;
ALTER TABLE records RENAME COLUMN resource_name TO collection_id;
ALTER TABLE deleted RENAME COLUMN user_id TO parent_id;
ALTER TABLE deleted RENAME COLUMN resource_name TO collection_id;

ALTER INDEX idx_records_user_id_resource_name_last_modified
    RENAME TO idx_records_parent_id_collection_id_last_modified;
ALTER INDEX idx_deleted_user_id_resource_name_last_modified
    RENAME TO idx_deleted_parent_id_collection_id_last_modified;

DROP FUNCTION IF EXISTS collection_timestamp(VARCHAR, VARCHAR);
ALTER FUNCTION resource_timestamp(VARCHAR, VARCHAR) RENAME TO collection_timestamp;

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
    RETURN coalesce(greatest(newest_record, newest_deleted), localtimestamp);
END;
$$ LANGUAGE plpgsql;

CREATE OR REPLACE FUNCTION bump_timestamp() RETURNS trigger AS $$
DECLARE
    previous TIMESTAMP;
BEGIN
    previous := collection_timestamp(NEW.parent_id, NEW.collection_id);
    NEW.last_modified := greatest(localtimestamp, previous + INTERVAL '1 millisecond');
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

INSERT INTO metadata VALUES ('storage_schema_version', '7');
