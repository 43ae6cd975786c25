-- Version 1, as cliquet 1.6 and before installed it: written from backends, appendix B.
-- The private server of the tests comes without the extension: a function stands for it.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'uuid-ossp') THEN
        CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
    ELSE
        CREATE FUNCTION uuid_generate_v4() RETURNS UUID AS 'SELECT gen_random_uuid()'
        LANGUAGE sql;
    END IF;
END;
$$;

CREATE TABLE metadata (name VARCHAR(128) NOT NULL, value VARCHAR(512) NOT NULL);

CREATE TABLE records (
    id UUID NOT NULL DEFAULT uuid_generate_v4(),
    user_id VARCHAR(256) NOT NULL,
    resource_name VARCHAR(256) NOT NULL,
    last_modified TIMESTAMP NOT NULL,
    data JSON NOT NULL DEFAULT '{}',
    UNIQUE (id, user_id, resource_name, last_modified)
);
CREATE TABLE deleted (
    id UUID,
    user_id VARCHAR(256) NOT NULL,
    resource_name VARCHAR(256) NOT NULL,
    last_modified TIMESTAMP NOT NULL,
    UNIQUE (id, user_id, resource_name, last_modified)
);

CREATE OR REPLACE FUNCTION as_epoch(ts TIMESTAMP) RETURNS BIGINT AS $$
BEGIN
    RETURN (EXTRACT(EPOCH FROM ts) * 1000)::BIGINT;
END;
$$ LANGUAGE plpgsql IMMUTABLE;

CREATE INDEX idx_records_user_id ON records (user_id);
CREATE INDEX idx_records_resource_name ON records (resource_name);
CREATE INDEX idx_records_last_modified ON records (last_modified);
CREATE INDEX idx_records_last_modified_epoch ON records (as_epoch(last_modified));
CREATE INDEX idx_records_id ON records (id);
CREATE UNIQUE INDEX idx_deleted_id ON deleted (id);
CREATE INDEX idx_deleted_user_id ON deleted (user_id);
CREATE INDEX idx_deleted_resource_name ON deleted (resource_name);
CREATE INDEX idx_deleted_last_modified ON deleted (last_modified);
CREATE INDEX idx_deleted_last_modified_epoch ON deleted (as_epoch(last_modified));

CREATE OR REPLACE FUNCTION resource_timestamp(uid VARCHAR, resource VARCHAR)
RETURNS TIMESTAMP AS $$
DECLARE
    newest_record TIMESTAMP;
    newest_deleted TIMESTAMP;
BEGIN
    SELECT max(last_modified) INTO newest_record FROM records
     WHERE user_id = uid AND resource_name = resource;
    SELECT max(last_modified) INTO newest_deleted FROM deleted
     WHERE user_id = uid AND resource_name = resource;
    RETURN coalesce(greatest(newest_record, newest_deleted), localtimestamp);
END;
$$ LANGUAGE plpgsql;

CREATE OR REPLACE FUNCTION bump_timestamp() RETURNS trigger AS $$
BEGIN
    NEW.last_modified := greatest(localtimestamp,
        resource_timestamp(NEW.user_id, NEW.resource_name) + INTERVAL '1 millisecond');
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER tgr_records_last_modified BEFORE INSERT OR UPDATE ON records
FOR EACH ROW EXECUTE PROCEDURE bump_timestamp();
CREATE TRIGGER tgr_deleted_last_modified BEFORE INSERT OR UPDATE ON deleted
FOR EACH ROW EXECUTE PROCEDURE bump_timestamp();

INSERT INTO metadata VALUES ('created_at', now()::TEXT);
