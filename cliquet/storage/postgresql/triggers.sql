--
-- The triggers, which do for every writer what statements of ours do for themselves. It
-- can be run again on what is there.
--
SET LOCAL client_min_messages TO ERROR;

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
