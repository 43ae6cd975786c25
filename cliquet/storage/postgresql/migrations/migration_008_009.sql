-- A record may come with its timestamp. (Fresh installations of 2.13 to 2.15 had this
-- already, under version 8.)
CREATE OR REPLACE FUNCTION from_epoch(epoch BIGINT) RETURNS TIMESTAMP AS $$
BEGIN
    RETURN TIMESTAMP WITH TIME ZONE 'epoch' + epoch * INTERVAL '1 millisecond';
END;
$$ LANGUAGE plpgsql IMMUTABLE;

CREATE OR REPLACE FUNCTION bump_timestamp() RETURNS trigger AS $$
DECLARE
    previous TIMESTAMP;
BEGIN
    IF NEW.last_modified IS NULL THEN
        previous := collection_timestamp(NEW.parent_id, NEW.collection_id);
        NEW.last_modified := greatest(
            clock_timestamp()::TIMESTAMP, previous + INTERVAL '1 millisecond');
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

INSERT INTO metadata VALUES ('storage_schema_version', '9');
