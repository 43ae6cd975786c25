-- Ids are any text, and so are users and resources.
ALTER TABLE records ALTER COLUMN id DROP DEFAULT;
ALTER TABLE records
    ALTER COLUMN id TYPE TEXT USING id::TEXT,
    ALTER COLUMN user_id TYPE TEXT,
    ALTER COLUMN resource_name TYPE TEXT;
ALTER TABLE deleted ALTER COLUMN id DROP DEFAULT;
ALTER TABLE deleted
    ALTER COLUMN id TYPE TEXT USING id::TEXT,
    ALTER COLUMN user_id TYPE TEXT,
    ALTER COLUMN resource_name TYPE TEXT;

DROP EXTENSION IF EXISTS "uuid-ossp";

INSERT INTO metadata VALUES ('storage_schema_version', '4');
