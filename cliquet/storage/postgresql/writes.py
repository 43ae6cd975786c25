"""The statements that write to PostgreSQL, or read one record or timestamp.

A collection has a row in `timestamps`. Each write takes that row first and keeps it
until it commits: timestamps increase in the order of commits.

The usual writes are one statement each: `CREATE`, `REPLACE`, `DELETE`. A statement sees
what was committed when it started, and may then wait for the row if another writer has
it. So it gives the next timestamp only if the row is still the one that it saw: then
whatever else it saw of the collection holds too. If not, it returns no row and wrote
nothing, but has locked the collection: sent again, it sees all (`docs:
design-one-statement`).
"""

from hashlib import sha256

from cliquet.engines.sql.driver import Prepared
from cliquet.storage.query import Scope
from cliquet.storage.sql import KEY, PAIR, Statements

_WITH_NEXT = f"""
    WITH next AS (
        -- The next timestamp, if the record has the timestamp `expected` (NULL: there
        -- is none), the collection the timestamp `collection` (NULL: any), and nobody
        -- else wrote to the collection since this statement began.
        INSERT INTO timestamps AS pair (parent_id, collection_id, last_modified)
        SELECT :parent_id, :collection_id, from_epoch(current_epoch())
        WHERE CAST(:expected AS bigint) IS NOT DISTINCT FROM (
            SELECT as_epoch(last_modified) FROM records WHERE {KEY})
        AND (CAST(:collection AS bigint) IS NULL
            OR CAST(:collection AS bigint) = COALESCE(as_epoch((
                SELECT last_modified FROM timestamps WHERE {PAIR})), 0))
        ON CONFLICT (parent_id, collection_id) DO UPDATE
        SET last_modified = from_epoch(greatest(
            as_epoch(excluded.last_modified), as_epoch(pair.last_modified) + 1))
        WHERE pair.last_modified = (
            SELECT last_modified FROM timestamps WHERE {PAIR})
        RETURNING last_modified)"""

CREATE = Prepared(f"""{_WITH_NEXT},
    forgotten AS (
        DELETE FROM deleted WHERE {KEY} AND EXISTS (SELECT FROM next))
    INSERT INTO records (id, parent_id, collection_id, last_modified, data)
    SELECT :id, :parent_id, :collection_id, next.last_modified, CAST(:data AS jsonb)
    FROM next
    RETURNING as_epoch(last_modified) AS last_modified""")
"""Create a record where there is none: `expected` is NULL."""

REPLACE = Prepared(f"""{_WITH_NEXT}
    UPDATE records
    SET data = CAST(:data AS jsonb), last_modified = next.last_modified
    FROM next WHERE {KEY}
    RETURNING as_epoch(records.last_modified) AS last_modified""")
"""Replace the record that has the timestamp `expected`."""

DELETE = Prepared(f"""{_WITH_NEXT},
    gone AS (
        DELETE FROM records USING next WHERE {KEY}
        RETURNING next.last_modified),
    kept AS (
        INSERT INTO deleted (id, parent_id, collection_id, last_modified)
        SELECT :id, :parent_id, :collection_id, last_modified FROM gone
        WHERE CAST(:with_deleted AS boolean)
        ON CONFLICT (id, parent_id, collection_id) DO UPDATE
        SET last_modified = excluded.last_modified)
    SELECT as_epoch(last_modified) AS last_modified FROM gone""")
"""Delete the record that has the timestamp `expected`."""

DELETE_ALL = f"""
    WITH gone AS (
        DELETE FROM records WHERE {{where}} RETURNING id, last_modified{{found}}),
    numbered AS (
        SELECT id{{told}}, CAST(:first AS bigint) - 1 + row_number() OVER (
            ORDER BY as_epoch(last_modified), id COLLATE "C") AS epoch
        FROM gone),
    next AS (
        UPDATE timestamps SET last_modified = from_epoch(newest.epoch)
        FROM (SELECT max(epoch) AS epoch FROM numbered) AS newest
        WHERE {PAIR} AND newest.epoch IS NOT NULL),
    kept AS (
        INSERT INTO deleted (id, parent_id, collection_id, last_modified)
        SELECT id, :parent_id, :collection_id, from_epoch(epoch) FROM numbered
        WHERE CAST(:with_deleted AS boolean)
        ON CONFLICT (id, parent_id, collection_id) DO UPDATE
        SET last_modified = excluded.last_modified)
    SELECT id, epoch AS last_modified{{told}} FROM numbered ORDER BY epoch"""
"""Delete records of a locked collection, each with a timestamp from `first` on."""

NOTHING_MORE = {"found": "", "told": ""}
"""What completes `DELETE_ALL`, where only tombstones are wanted."""

DELETED = {
    "found": ", as_epoch(last_modified) AS modified, data::text AS data",
    "told": ", modified, data",
}
"""The same, where the deleted records are wanted too."""

LOCK_PARENTS = """
    SELECT parent_id, as_epoch(last_modified) AS last_modified, current_epoch() AS now
    FROM timestamps WHERE collection_id = :collection_id
    AND parent_id = ANY(CAST(:parent_ids AS text[]))
    ORDER BY parent_id COLLATE "C" FOR UPDATE"""
"""Lock a collection of some parents."""

DELETE_OF_PARENTS = """
    WITH first AS (
        SELECT * FROM unnest(
            CAST(:parent_ids AS text[]), CAST(:firsts AS bigint[])
        ) AS first (parent_id, epoch)),
    gone AS (
        DELETE FROM records USING first
        WHERE records.parent_id = first.parent_id AND collection_id = :collection_id
        RETURNING records.parent_id, id, last_modified, data, first.epoch),
    numbered AS (
        SELECT parent_id, id, as_epoch(last_modified) AS modified, data::text AS data,
            epoch - 1 + row_number() OVER (
                PARTITION BY parent_id
                ORDER BY as_epoch(last_modified), id COLLATE "C") AS epoch
        FROM gone),
    next AS (
        UPDATE timestamps SET last_modified = from_epoch(newest.epoch)
        FROM (SELECT parent_id, max(epoch) AS epoch FROM numbered GROUP BY parent_id)
            AS newest
        WHERE timestamps.parent_id = newest.parent_id
        AND collection_id = :collection_id),
    kept AS (
        INSERT INTO deleted (id, parent_id, collection_id, last_modified)
        SELECT id, parent_id, :collection_id, from_epoch(epoch) FROM numbered
        ON CONFLICT (id, parent_id, collection_id) DO UPDATE
        SET last_modified = excluded.last_modified)
    SELECT parent_id, epoch, id, modified, data FROM numbered
    ORDER BY parent_id COLLATE "C", epoch"""
"""Delete the records of parents that are locked, each of which has its `first`."""

FIND_PARENTS = """
    SELECT parent_id FROM timestamps WHERE collection_id = :collection_id
    AND EXISTS (
        SELECT FROM unnest(CAST(:beginnings AS text[])) AS beginning
        WHERE starts_with(parent_id, beginning))"""
"""Parents of a collection whose ids begin with one of some texts."""

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

INITIALIZE = """
    INSERT INTO timestamps AS pair (parent_id, collection_id, last_modified)
    VALUES (:parent_id, :collection_id, from_epoch(current_epoch()))
    ON CONFLICT (parent_id, collection_id) DO UPDATE
    SET last_modified = CASE WHEN as_epoch(pair.last_modified) = 0
        THEN excluded.last_modified ELSE pair.last_modified END
    RETURNING as_epoch(last_modified) AS last_modified"""
"""Set the current time as that of a collection that was never used."""

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
    purge=f"DELETE FROM deleted WHERE {PAIR} AND as_epoch(last_modified) < :before",
    tombstones=f"SELECT as_epoch(last_modified) FROM deleted WHERE {PAIR}",
    timestamp=Prepared(f"""
        SELECT as_epoch(last_modified) AS last_modified FROM timestamps
        WHERE {PAIR}"""),
    # The number of records is counted by a trigger.
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
    digest = sha256("\0".join(("cliquet", *scope)).encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
