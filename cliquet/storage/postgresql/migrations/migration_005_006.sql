-- Documents are compared and searched by the database.
ALTER TABLE records ALTER COLUMN data DROP DEFAULT;
ALTER TABLE records ALTER COLUMN data TYPE JSONB USING data::TEXT::JSONB;
ALTER TABLE records ALTER COLUMN data SET DEFAULT '{}'::JSONB;

INSERT INTO metadata VALUES ('storage_schema_version', '6');
