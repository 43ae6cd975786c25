--
-- Storages that count in their statements have no triggers (postgresql_triggers).
--
SET LOCAL client_min_messages TO ERROR;

DROP TRIGGER IF EXISTS tgr_records_last_modified ON records;
DROP TRIGGER IF EXISTS tgr_deleted_last_modified ON deleted;
DROP TRIGGER IF EXISTS tgr_records_inserted ON records;
DROP TRIGGER IF EXISTS tgr_records_removed ON records;
DROP FUNCTION IF EXISTS bump_timestamp();
DROP FUNCTION IF EXISTS count_records();
