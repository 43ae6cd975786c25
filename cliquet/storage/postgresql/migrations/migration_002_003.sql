-- The timestamp of a collection is read from an index of its own.
ALTER TABLE records
    DROP CONSTRAINT IF EXISTS records_id_user_id_resource_name_last_modified_key;
ALTER TABLE deleted
    DROP CONSTRAINT IF EXISTS deleted_id_user_id_resource_name_last_modified_key;

CREATE UNIQUE INDEX idx_records_user_id_resource_name_last_modified
    ON records (user_id, resource_name, last_modified DESC);
CREATE UNIQUE INDEX idx_deleted_user_id_resource_name_last_modified
    ON deleted (user_id, resource_name, last_modified DESC);

CREATE OR REPLACE FUNCTION resource_timestamp(uid VARCHAR, resource VARCHAR)
RETURNS TIMESTAMP AS $$
DECLARE
    newest_record TIMESTAMP;
    newest_deleted TIMESTAMP;
BEGIN
    SELECT last_modified INTO newest_record FROM records
     WHERE user_id = uid AND resource_name = resource
     ORDER BY last_modified DESC LIMIT 1;
    SELECT last_modified INTO newest_deleted FROM deleted
     WHERE user_id = uid AND resource_name = resource
     ORDER BY last_modified DESC LIMIT 1;
    RETURN coalesce(greatest(newest_record, newest_deleted), localtimestamp);
END;
$$ LANGUAGE plpgsql;

INSERT INTO metadata VALUES ('storage_schema_version', '3');
