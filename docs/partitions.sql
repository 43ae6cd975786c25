BEGIN;
LOCK TABLE timestamps, records IN ACCESS EXCLUSIVE MODE;

ALTER TABLE records RENAME TO records_before;
CREATE TABLE records (LIKE records_before INCLUDING DEFAULTS)
    PARTITION BY HASH (parent_id);
CREATE TABLE records_0 PARTITION OF records FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE records_1 PARTITION OF records FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE records_2 PARTITION OF records FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE records_3 PARTITION OF records FOR VALUES WITH (MODULUS 4, REMAINDER 3);
INSERT INTO records SELECT * FROM records_before;

-- With its indexes and triggers.
DROP TABLE records_before;
ALTER TABLE records ADD PRIMARY KEY (id, parent_id, collection_id);
CREATE INDEX idx_records_last_modified_epoch ON records
    (parent_id, collection_id, as_epoch(last_modified) DESC, id COLLATE "C");
COMMIT;
