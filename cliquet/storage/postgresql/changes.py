"""The statements that change records of PostgreSQL, with triggers and without.

The usual writes are one statement each: create, replace, delete. A statement sees
what was committed when it started, and may then wait for the row if another writer has
it. So it gives the next timestamp only if the row is still the one that it saw: then
whatever else it saw of the collection holds too. If not, it returns no row and wrote
nothing, but has locked the collection: sent again, it sees all (`docs:
design-one-statement`).

Triggers count the records of a collection, in the default mode. Without triggers, the
statements count them in the same row, which they hold (`docs:
engines-postgresql-triggers`).
"""

from typing import NamedTuple

from cliquet.engines.sql.driver import Prepared
from cliquet.storage.postgresql.writes import STATEMENTS
from cliquet.storage.statements import KEY, PAIR, Statements

_NEXT = f"""
    WITH next AS (
        -- The next timestamp, if the record has the timestamp `expected` (NULL: there
        -- is none), the collection the timestamp `collection` (NULL: any), and nobody
        -- else wrote to the collection since this statement began.
        INSERT INTO timestamps AS pair (
            parent_id, collection_id, last_modified{{column}})
        SELECT :parent_id, :collection_id, from_epoch(current_epoch()){{first}}
        WHERE CAST(:expected AS bigint) IS NOT DISTINCT FROM (
            SELECT as_epoch(last_modified) FROM records WHERE {KEY})
        AND (CAST(:collection AS bigint) IS NULL
            OR CAST(:collection AS bigint) = COALESCE(as_epoch((
                SELECT last_modified FROM timestamps WHERE {PAIR})), 0))
        ON CONFLICT (parent_id, collection_id) DO UPDATE
        SET last_modified = from_epoch(greatest(
            as_epoch(excluded.last_modified), as_epoch(pair.last_modified) + 1)){{more}}
        WHERE pair.last_modified = (
            SELECT last_modified FROM timestamps WHERE {PAIR})
        RETURNING last_modified)"""


def _with_next(change: int = 0) -> str:
    """Return what takes the next timestamp, and adds to the number of records."""
    if not change:
        return _NEXT.format(column="", first="", more="")
    return _NEXT.format(
        column=", records",
        first=f", {max(change, 0)}",
        more=f", records = pair.records + {change}",
    )


_CREATE = f"""{{next}},
    forgotten AS (
        DELETE FROM deleted WHERE {KEY} AND EXISTS (SELECT FROM next))
    INSERT INTO records (id, parent_id, collection_id, last_modified, data)
    SELECT :id, :parent_id, :collection_id, next.last_modified, CAST(:data AS jsonb)
    FROM next
    RETURNING as_epoch(last_modified) AS last_modified"""

_REPLACE = f"""{{next}}
    UPDATE records
    SET data = CAST(:data AS jsonb), last_modified = next.last_modified
    FROM next WHERE {KEY}
    RETURNING as_epoch(records.last_modified) AS last_modified"""

_DELETE = f"""{{next}},
    gone AS (
        DELETE FROM records USING next WHERE {KEY}
        RETURNING next.last_modified),
    kept AS (
        INSERT INTO deleted (id, parent_id, collection_id, last_modified)
        SELECT :id, :parent_id, :collection_id, last_modified FROM gone
        WHERE CAST(:with_deleted AS boolean)
        ON CONFLICT (id, parent_id, collection_id) DO UPDATE
        SET last_modified = excluded.last_modified)
    SELECT as_epoch(last_modified) AS last_modified FROM gone"""

_DELETE_ALL = f"""
    WITH gone AS (
        DELETE FROM records WHERE {{where}} RETURNING id, last_modified{{found}}),
    numbered AS (
        SELECT id{{told}}, CAST(:first AS bigint) - 1 + row_number() OVER (
            ORDER BY as_epoch(last_modified), id COLLATE "C") AS epoch
        FROM gone),
    next AS (
        UPDATE timestamps SET last_modified = from_epoch(newest.epoch){{more}}
        FROM (SELECT max(epoch) AS epoch{{many}} FROM numbered) AS newest
        WHERE {PAIR} AND newest.epoch IS NOT NULL),
    kept AS (
        INSERT INTO deleted (id, parent_id, collection_id, last_modified)
        SELECT id, :parent_id, :collection_id, from_epoch(epoch) FROM numbered
        WHERE CAST(:with_deleted AS boolean)
        ON CONFLICT (id, parent_id, collection_id) DO UPDATE
        SET last_modified = excluded.last_modified)
    SELECT id, epoch AS last_modified{{told}} FROM numbered ORDER BY epoch"""

_DELETE_OF_PARENTS = """
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
        UPDATE timestamps SET last_modified = from_epoch(newest.epoch){more}
        FROM (SELECT parent_id, max(epoch) AS epoch{many}
            FROM numbered GROUP BY parent_id) AS newest
        WHERE timestamps.parent_id = newest.parent_id
        AND collection_id = :collection_id),
    kept AS (
        INSERT INTO deleted (id, parent_id, collection_id, last_modified)
        SELECT id, parent_id, :collection_id, from_epoch(epoch) FROM numbered
        ON CONFLICT (id, parent_id, collection_id) DO UPDATE
        SET last_modified = excluded.last_modified)
    SELECT parent_id, epoch, id, modified, data FROM numbered
    ORDER BY parent_id COLLATE "C", epoch"""


NOTHING_MORE = {"found": "", "told": ""}
"""What completes `delete_all`, where only tombstones are wanted."""

DELETED = {
    "found": ", as_epoch(last_modified) AS modified, data::text AS data",
    "told": ", modified, data",
}
"""The same, where the deleted records are wanted too."""

_SET_AND_COUNT = f"""
        UPDATE timestamps SET last_modified = from_epoch(:last_modified),
            records = records + CAST(:change AS bigint)
        WHERE {PAIR}"""

_COUNTED = {
    "more": ", records = records - newest.gone",
    "many": ", count(*) AS gone",
}
_NOT_COUNTED = {"more": "", "many": ""}


class Writes(NamedTuple):
    """The statements that change how many records a collection has, and the others.

    Attributes:
        create: Create a record where there is none: `expected` is NULL.
        replace: Replace the record that has the timestamp `expected`.
        delete: Delete the record that has the timestamp `expected`.
        delete_all: Delete those of a locked collection that match `where`, each with a
            timestamp from `first` on. To be completed.
        delete_of_parents: Delete the records of parents that are locked, each of which
            has its `first`.
        statements: What storages in SQL have in common.
    """

    create: Prepared
    replace: Prepared
    delete: Prepared
    delete_all: str
    delete_of_parents: str
    statements: Statements


def _writes(counted: bool) -> Writes:
    change = int(counted)
    more = _COUNTED if counted else _NOT_COUNTED
    where, found, told = "{where}", "{found}", "{told}"
    return Writes(
        create=Prepared(_CREATE.format(next=_with_next(change))),
        replace=Prepared(_REPLACE.format(next=_with_next())),
        delete=Prepared(_DELETE.format(next=_with_next(-change))),
        delete_all=_DELETE_ALL.format(where=where, found=found, told=told, **more),
        delete_of_parents=_DELETE_OF_PARENTS.format(**more),
        statements=STATEMENTS._replace(set_timestamp=_SET_AND_COUNT)
        if counted
        else STATEMENTS,
    )


WITH_TRIGGERS = _writes(counted=False)
"""Of a database whose triggers count the records."""

WITHOUT_TRIGGERS = _writes(counted=True)
"""Of one where nothing but these statements counts them."""
