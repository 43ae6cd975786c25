"""The statements that lock collections of PostgreSQL, or read one record or timestamp.

A collection has a row in `timestamps`. Each write takes that row first and keeps it
until it commits: timestamps increase in the order of commits. The statements that
change records are in `changes`.
"""

from hashlib import sha256

from cliquet.engines.sql.driver import Prepared
from cliquet.storage.query import Scope
from cliquet.storage.statements import KEY, PAIR, Statements

PURGE = f"""
    WITH gone AS (
        DELETE FROM deleted WHERE {PAIR} AND as_epoch(last_modified) < :before
        RETURNING as_epoch(last_modified) AS last_modified)
    SELECT count(*) AS purged, max(last_modified) AS newest FROM gone"""
"""Delete the tombstones of a collection that are older than `before`."""

LOCK = Prepared("""
    INSERT INTO timestamps AS pair (parent_id, collection_id, last_modified)
    VALUES (:parent_id, :collection_id, from_epoch(0))
    ON CONFLICT (parent_id, collection_id) DO UPDATE
    SET last_modified = pair.last_modified
    RETURNING as_epoch(last_modified) AS last_modified, current_epoch() AS now""")
"""Take the row of a collection: it has time 0 if the collection was never used."""

LOCK_ALL = """
    SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key"""
"""Wait for the batches that write one of several collections, in the order given."""

CLAIM = "SELECT pg_try_advisory_xact_lock(CAST(:key AS bigint)) AS taken"
"""Lock a key until the transaction ends, unless another one has."""

INITIALIZE = """
    INSERT INTO timestamps AS pair (parent_id, collection_id, last_modified)
    VALUES (:parent_id, :collection_id, from_epoch(current_epoch()))
    ON CONFLICT (parent_id, collection_id) DO UPDATE
    SET last_modified = CASE WHEN as_epoch(pair.last_modified) = 0
        THEN excluded.last_modified ELSE pair.last_modified END
    RETURNING as_epoch(last_modified) AS last_modified"""
"""Set the current time as that of a collection that was never used."""

GET_REACHED = Prepared(f"""
    SELECT COALESCE((
            SELECT as_epoch(last_modified) FROM timestamps WHERE {PAIR}), 0) AS reached,
        found.id, found.last_modified, found.data
    FROM (SELECT) AS one LEFT JOIN (
        SELECT id, as_epoch(last_modified) AS last_modified, data::text AS data
        FROM records WHERE {KEY}) AS found ON true""")
"""Read a record, if there is one, and how new its collection is: one snapshot."""

STATEMENTS = Statements(
    hold=Prepared(f"SELECT 1 AS held FROM records WHERE {KEY} FOR KEY SHARE"),
    get=Prepared(f"""
        SELECT id, as_epoch(last_modified), data::text FROM records WHERE {KEY}"""),
    put="""
        INSERT INTO records (id, parent_id, collection_id, last_modified, data)
        VALUES (:id, :parent_id, :collection_id, from_epoch(:last_modified),
            CAST(:data AS jsonb))
        ON CONFLICT (id, parent_id, collection_id) DO UPDATE
        SET last_modified = excluded.last_modified, data = excluded.data""",
    put_tombstone="""
        INSERT INTO deleted (id, parent_id, collection_id, last_modified)
        VALUES (:id, :parent_id, :collection_id, from_epoch(:last_modified))
        ON CONFLICT (id, parent_id, collection_id) DO UPDATE
        SET last_modified = excluded.last_modified""",
    tombstones=f"""
        SELECT as_epoch(last_modified) AS epoch FROM deleted WHERE {PAIR}""",
    buried="""
        SELECT collection_id, parent_id, count(*) FROM deleted
        WHERE as_epoch(last_modified) < :before
        AND (parent_id, collection_id) > (:parent_id, :collection_id)
        GROUP BY parent_id, collection_id ORDER BY parent_id, collection_id
        LIMIT :limit""",
    timestamp=Prepared(f"""
        SELECT as_epoch(last_modified) AS last_modified FROM timestamps
        WHERE {PAIR}"""),
    purge=PURGE,
    raise_timestamp="""
        INSERT INTO timestamps AS pair (parent_id, collection_id, last_modified)
        VALUES (:parent_id, :collection_id, from_epoch(:last_modified))
        ON CONFLICT (parent_id, collection_id) DO UPDATE
        SET last_modified = greatest(pair.last_modified, excluded.last_modified)""",
    raise_horizon="""
        INSERT INTO horizons AS known (parent_id, collection_id, horizon)
        VALUES (:parent_id, :collection_id, :horizon)
        ON CONFLICT (parent_id, collection_id) DO UPDATE
        SET horizon = greatest(known.horizon, excluded.horizon)""",
    # Triggers count the records.
    set_timestamp=f"""
        UPDATE timestamps SET last_modified = from_epoch(:last_modified)
        WHERE {PAIR}""",
    scopes="""
        SELECT collection_id, parent_id FROM timestamps
        WHERE as_epoch(last_modified) <> 0
        ORDER BY parent_id COLLATE "C", collection_id COLLATE "C"
    """,
)


def lock_key(scope: Scope) -> int:
    """Return the number that batches lock in place of a collection, 64 bits signed.

    Its row may not exist yet, and is not to be made for what may be refused.
    """
    return _number("cliquet", *scope)


def claim_key(key: str) -> int:
    """Return the number that is locked while a key is claimed, 64 bits signed."""
    # Not that of any collection: it has three parts.
    return _number("cliquet", key)


def _number(*parts: str) -> int:
    digest = sha256("\0".join(parts).encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
