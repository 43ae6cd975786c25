--
-- Clients that were away for too long are told so: what was deleted up to the horizon
-- of their collection is not all known. Without names: that of every collection.
--
SET LOCAL client_min_messages TO ERROR;

CREATE TABLE IF NOT EXISTS horizons (
    parent_id TEXT NOT NULL,
    collection_id TEXT NOT NULL,
    horizon BIGINT NOT NULL,
    PRIMARY KEY (parent_id, collection_id)
);

INSERT INTO metadata VALUES ('storage_schema_version', '16');
