--
-- Permissions. It can be run again on what is there.
--
-- Of several that migrate at once, one creates: IF NOT EXISTS alone is a race.
SELECT pg_advisory_xact_lock(1668049265, 1);

SET LOCAL client_min_messages TO ERROR;

CREATE TABLE IF NOT EXISTS user_principals (
    user_id TEXT,
    principal TEXT,
    PRIMARY KEY (user_id, principal)
);

CREATE TABLE IF NOT EXISTS access_control_entries (
    object_id TEXT,
    permission TEXT,
    principal TEXT,
    PRIMARY KEY (object_id, permission, principal)
);
CREATE INDEX IF NOT EXISTS idx_access_control_entries_object_id
    ON access_control_entries (object_id);
CREATE INDEX IF NOT EXISTS idx_access_control_entries_permission
    ON access_control_entries (permission);
CREATE INDEX IF NOT EXISTS idx_access_control_entries_principal
    ON access_control_entries (principal);
-- Paths in which something is quoted: few, if any.
CREATE INDEX IF NOT EXISTS idx_access_control_entries_quoted
    ON access_control_entries (principal, permission)
    WHERE object_id COLLATE "C" ~ '[^/A-Za-z0-9_.~!$&''()*+,;=:@-]';
