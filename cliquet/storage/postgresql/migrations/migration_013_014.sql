--
-- Any number of records of a collection may be forced to one timestamp: nothing but
-- their microseconds was unique, and there are a thousand of these in what clients see.
--
SET LOCAL client_min_messages TO ERROR;

DROP INDEX IF EXISTS idx_records_parent_id_collection_id_last_modified;
DROP INDEX IF EXISTS idx_deleted_parent_id_collection_id_last_modified;

INSERT INTO metadata VALUES ('storage_schema_version', '14');
