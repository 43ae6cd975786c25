"""All that is in PostgreSQL, and what is restored there: few statements for a page."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from cliquet.engines.sql.client import Connection
from cliquet.storage.postgresql.numbers import plain_floats
from cliquet.storage.query import Scope
from cliquet.storage.sql_transfer import SQLTransfer, document_of
from cliquet.storage.transfer import Entry, Part, Restored, newest, oldest
from cliquet.types import Timestamp

_PAIRS = "parent_id = pair.parent_id AND collection_id = pair.collection_id"

# Collection by collection, each by its indexes, which are in this order backwards.
_DUMPED = f"""
    SELECT pair.collection_id, pair.parent_id, as_epoch(pair.last_modified),
        entry.id, entry.epoch, entry.data, entry.is_live
    FROM timestamps AS pair LEFT JOIN LATERAL (
        SELECT id, epoch, data, is_live FROM (
            SELECT id, as_epoch(last_modified) AS epoch, data::text AS data,
                true AS is_live
            FROM records WHERE {_PAIRS}
            UNION ALL SELECT id, as_epoch(last_modified), NULL, false
            FROM deleted WHERE {_PAIRS}) AS stored
        ORDER BY epoch, id COLLATE "C" DESC
    ) AS entry ON true
    WHERE as_epoch(pair.last_modified) <> 0
    ORDER BY pair.parent_id COLLATE "C", pair.collection_id COLLATE "C" """

# Of tables that were empty, the planner knows nothing: it would read all of them each
# time.
_BY_INDEX = """
    SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off;
    SET LOCAL enable_mergejoin = off"""
_SCOPES = """
    unnest(CAST(:parent_ids AS text[]), CAST(:collection_ids AS text[]),
        CAST(:times AS bigint[])) AS given (parent_id, collection_id, epoch)"""
# What nobody has written to yet has nothing that entries could meet.
_CLAIM = f"""
    INSERT INTO timestamps (parent_id, collection_id, last_modified)
    SELECT parent_id, collection_id, from_epoch(epoch) FROM {_SCOPES}
    ORDER BY parent_id COLLATE "C", collection_id COLLATE "C"
    ON CONFLICT DO NOTHING RETURNING collection_id, parent_id"""
_LOCK = f"""
    SELECT collection_id, parent_id, as_epoch(last_modified)
    FROM timestamps JOIN {_SCOPES} USING (parent_id, collection_id)
    ORDER BY parent_id COLLATE "C", collection_id COLLATE "C"
    FOR UPDATE OF timestamps"""
_RAISE = f"""
    UPDATE timestamps AS pair SET last_modified = from_epoch(epoch) FROM {_SCOPES}
    WHERE pair.parent_id = given.parent_id AND pair.collection_id = given.collection_id
    AND as_epoch(pair.last_modified) < epoch"""

_GIVEN = """
    given AS (
        SELECT * FROM unnest(CAST(:parent_ids AS text[]),
            CAST(:collection_ids AS text[]), CAST(:ids AS text[]),
            CAST(:times AS bigint[]), CAST(:documents AS text[])
        ) AS given (parent_id, collection_id, id, epoch, data))"""
_KNOWN = """
    known.parent_id = given.parent_id AND known.collection_id = given.collection_id
    AND known.id = given.id"""
# Per collection: the oldest that was not there, and how many records it has more.
_MET = """
    SELECT collection_id, parent_id, min(epoch), CAST(sum(change) AS bigint)
    FROM met GROUP BY 1, 2"""
_PUT = f"""
    WITH {_GIVEN},
    forgotten AS (DELETE FROM deleted AS known USING given WHERE {_KNOWN}),
    met AS (
        INSERT INTO records AS known (id, parent_id, collection_id, last_modified, data)
        SELECT id, parent_id, collection_id, from_epoch(epoch), CAST(data AS jsonb)
        FROM given
        ON CONFLICT (id, parent_id, collection_id) DO UPDATE
        SET last_modified = excluded.last_modified, data = excluded.data
        WHERE known.last_modified <> excluded.last_modified
            OR known.data <> excluded.data
        RETURNING collection_id, parent_id, as_epoch(last_modified) AS epoch,
            CASE WHEN xmax = 0 THEN 1 ELSE 0 END AS change)
    {_MET}"""
_BURY = f"""
    WITH {_GIVEN},
    gone AS (
        DELETE FROM records AS known USING given WHERE {_KNOWN}
        RETURNING known.collection_id, known.parent_id),
    put AS (
        INSERT INTO deleted AS known (id, parent_id, collection_id, last_modified)
        SELECT id, parent_id, collection_id, from_epoch(epoch) FROM given
        ON CONFLICT (id, parent_id, collection_id) DO UPDATE
        SET last_modified = excluded.last_modified
        WHERE known.last_modified <> excluded.last_modified
        RETURNING collection_id, parent_id, as_epoch(last_modified) AS epoch),
    met AS (
        SELECT collection_id, parent_id, epoch, 0 AS change FROM put
        UNION ALL SELECT collection_id, parent_id, NULL, -1 FROM gone)
    {_MET}"""
# Where nothing can be met.
_PUT_FIRST = f"""
    WITH {_GIVEN}
    INSERT INTO records (id, parent_id, collection_id, last_modified, data)
    SELECT id, parent_id, collection_id, from_epoch(epoch), CAST(data AS jsonb)
    FROM given"""
_BURY_FIRST = f"""
    WITH {_GIVEN}
    INSERT INTO deleted (id, parent_id, collection_id, last_modified)
    SELECT id, parent_id, collection_id, from_epoch(epoch) FROM given"""
_COUNT = f"""
    UPDATE timestamps AS pair SET records = pair.records + given.epoch FROM {_SCOPES}
    WHERE pair.parent_id = given.parent_id
    AND pair.collection_id = given.collection_id"""


class PostgreSQLTransfer(SQLTransfer):
    """Methods of a storage in PostgreSQL."""

    dumped = _DUMPED
    has_triggers: bool

    def _restore(self, connection: Connection, parts: Sequence[Part]) -> list[Restored]:
        connection.run_script(_BY_INDEX)
        before = _begin(connection, parts)
        first = [part for part in parts if part.scope not in before]
        later = [part for part in parts if part.scope in before]
        met = _put_first(connection, first) | _put(connection, later)
        if not self.has_triggers:
            # Bound as times: these are numbers as well.
            changes = [met[scope].change for scope in met]
            connection.run(_COUNT, **_bind_scopes(met), times=changes)
        return [
            Restored(before.get(part.scope, 0), met[part.scope].oldest)
            for part in parts
        ]


class _Met(NamedTuple):
    """What entries found: the oldest that was not there, how many records are more."""

    oldest: Timestamp | None
    change: int


def _put_first(connection: Connection, parts: Sequence[Part]) -> dict[Scope, _Met]:
    """Write to collections that nobody has written to."""
    for is_live, statement in ((True, _PUT_FIRST), (False, _BURY_FIRST)):
        values = _bind_entries(parts, is_live)
        if values["ids"]:
            connection.run(statement, **values)
    return {
        part.scope: _Met(
            oldest(entry.data for entry in part.entries),
            sum(entry.is_live for entry in part.entries),
        )
        for part in parts
    }


def _put(connection: Connection, parts: Sequence[Part]) -> dict[Scope, _Met]:
    """Write to collections in which there may be the same, or something else."""
    found = {part.scope: _Met(None, 0) for part in parts}
    for is_live, statement in ((True, _PUT), (False, _BURY)):
        values = _bind_entries(parts, is_live)
        for row in connection.rows(statement, **values) if values["ids"] else ():
            scope = Scope(row[0], row[1])
            met = found[scope]
            times = [at for at in (met.oldest, row[2]) if at is not None]
            found[scope] = _Met(min(times, default=None), met.change + row[3])
    return found


def _begin(connection: Connection, parts: Sequence[Part]) -> dict[Scope, Timestamp]:
    """Lock the collections of parts, and give them their timestamps.

    Returns:
        Those that they had, of all that were there.
    """
    times = {part.scope: newest(part) for part in parts}
    values = {**_bind_scopes(times), "times": list(times.values())}
    claimed = {Scope(*row) for row in connection.rows(_CLAIM, **values)}
    known = times.keys() - claimed
    if not known:
        return {}
    values = {**_bind_scopes(known), "times": [times[scope] for scope in known]}
    before = {Scope(row[0], row[1]): row[2] for row in connection.rows(_LOCK, **values)}
    connection.run(_RAISE, **values)
    return before


def _bind_scopes(scopes: Iterable[Scope]) -> dict[str, Any]:
    listed = list(scopes)
    return {
        "parent_ids": [scope.parent_id for scope in listed],
        "collection_ids": [scope.collection_id for scope in listed],
    }


def _bind_entries(parts: Sequence[Part], is_live: bool) -> dict[str, Any]:
    found: list[tuple[Scope, Entry]] = [
        (part.scope, entry)
        for part in parts
        for entry in part.entries
        if entry.is_live == is_live
    ]
    documents = [document_of(entry) for _, entry in found]
    return {
        **_bind_scopes(scope for scope, _ in found),
        "ids": [entry.data["id"] for _, entry in found],
        "times": [entry.data["last_modified"] for _, entry in found],
        "documents": [data and plain_floats(data) for data in documents],
    }
