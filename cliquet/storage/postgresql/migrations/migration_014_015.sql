--
-- Answers to requests with an Idempotency-Key, told again to those who repeat them.
--
SET LOCAL client_min_messages TO ERROR;

CREATE TABLE IF NOT EXISTS idempotent_answers (
    id TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    content TEXT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_idempotent_answers_expires
    ON idempotent_answers (expires);

INSERT INTO metadata VALUES ('storage_schema_version', '15');
