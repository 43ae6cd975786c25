"""The tables of a copy, and what statements have in common."""

# `data` is the record as it is here, null if it was deleted here; `base` what the
# server had when both were the same, null for what it never had. A row is dirty while
# `edit`, the number of its last change here, is not null. `sent` are the versions that
# pushes may have left on the server. `walk` is the last reading that saw the row,
# negative if the row was pushed during it and not seen.
SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    data TEXT,
    base TEXT,
    edit INTEGER,
    sent TEXT,
    walk INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (collection, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dirty ON records (collection, edit) WHERE edit IS NOT NULL;
CREATE TABLE IF NOT EXISTS positions (
    collection TEXT PRIMARY KEY,
    since INTEGER,
    walk INTEGER NOT NULL DEFAULT 0,
    reached INTEGER,
    next TEXT,
    edits INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""
WALK = "(SELECT walk FROM positions WHERE collection = :c)"
PUSHED = f"CASE walk WHEN {WALK} THEN walk ELSE -{WALK} END"
