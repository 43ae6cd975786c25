"""The tables of an SQLite file."""

TABLES = (
    """CREATE TABLE IF NOT EXISTS records (
        parent_id TEXT NOT NULL, collection_id TEXT NOT NULL, id TEXT NOT NULL,
        last_modified INTEGER NOT NULL, data TEXT NOT NULL,
        PRIMARY KEY (parent_id, collection_id, id)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS deleted (
        parent_id TEXT NOT NULL, collection_id TEXT NOT NULL, id TEXT NOT NULL,
        last_modified INTEGER NOT NULL,
        PRIMARY KEY (parent_id, collection_id, id)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS timestamps (
        parent_id TEXT NOT NULL, collection_id TEXT NOT NULL,
        last_modified INTEGER NOT NULL, records INTEGER NOT NULL,
        PRIMARY KEY (parent_id, collection_id)) WITHOUT ROWID""",
    # Up to when not all deletions are known; without names: of every collection.
    """CREATE TABLE IF NOT EXISTS horizons (
        parent_id TEXT NOT NULL, collection_id TEXT NOT NULL,
        horizon INTEGER NOT NULL,
        PRIMARY KEY (parent_id, collection_id)) WITHOUT ROWID""",
    """CREATE INDEX IF NOT EXISTS idx_records_last_modified
        ON records (parent_id, collection_id, last_modified DESC, id)""",
    """CREATE INDEX IF NOT EXISTS idx_deleted_last_modified
        ON deleted (parent_id, collection_id, last_modified DESC, id)""",
    """CREATE TABLE IF NOT EXISTS idempotent_answers (
        id TEXT NOT NULL PRIMARY KEY, fingerprint TEXT NOT NULL,
        content TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE INDEX IF NOT EXISTS idx_idempotent_answers_expires
        ON idempotent_answers (expires)""",
)
