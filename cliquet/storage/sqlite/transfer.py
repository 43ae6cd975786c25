"""All that is in an SQLite file, and what is restored there."""

from collections.abc import Sequence

from cliquet.engines.sql.client import Connection
from cliquet.storage.query import Scope
from cliquet.storage.sql_transfer import SQLTransfer, document_of, ids_of, values_of
from cliquet.storage.sqlite.writes import STATEMENTS
from cliquet.storage.statements import KEY, PAIR
from cliquet.storage.transfer import Entry, Part, Restored, newest, oldest

# Each of the three is read in this order by an index, and nothing is sorted.
_DUMPED = """
    SELECT collection_id, parent_id, last_modified AS timestamp, NULL AS id,
        NULL AS last_modified, NULL AS data, 0 AS is_live, 0 AS part
    FROM timestamps
    UNION ALL SELECT collection_id, parent_id, NULL, id, last_modified, data, 1, 1
    FROM records
    UNION ALL SELECT collection_id, parent_id, NULL, id, last_modified, NULL, 0, 1
    FROM deleted
    ORDER BY parent_id, collection_id, part, last_modified, id DESC"""
_DUMPED = f"""
    SELECT collection_id, parent_id, timestamp, id, last_modified, data, is_live
    FROM ({_DUMPED})"""

_IDS = "id IN (SELECT value FROM json_each(:ids))"
_FOUND = f"""
    SELECT id, last_modified, data FROM records WHERE {PAIR} AND {_IDS}
    UNION ALL SELECT id, last_modified, NULL FROM deleted WHERE {PAIR} AND {_IDS}"""
_NONE = (0, None)
_REMOVE = f"DELETE FROM records WHERE {KEY}"
_REMOVE_TOMBSTONE = f"DELETE FROM deleted WHERE {KEY}"


class SQLiteTransfer(SQLTransfer):
    """Methods of a storage in a file."""

    dumped = _DUMPED

    def _restore(self, connection: Connection, parts: Sequence[Part]) -> list[Restored]:
        return [_restore_part(connection, part) for part in parts]


def _restore_part(connection: Connection, part: Part) -> Restored:
    scope = part.scope
    row = connection.row(STATEMENTS.timestamp, **scope._asdict())
    before = row.last_modified if row else 0
    rows = connection.rows(_FOUND, ids=ids_of(part.entries), **scope._asdict())
    found = {object_id: (at, data) for object_id, at, data in rows}
    given = [(entry, document_of(entry)) for entry in part.entries]
    changed = [
        (entry, data)
        for entry, data in given
        if found.get(entry.data["id"]) != (entry.data["last_modified"], data)
    ]
    were_live = [entry for entry, _ in changed if found.get(entry.data["id"], _NONE)[1]]
    _write(connection, scope, changed)
    connection.run(
        STATEMENTS.set_timestamp,
        last_modified=max(before, newest(part)),
        change=sum(entry.is_live for entry, _ in changed) - len(were_live),
        **scope._asdict(),
    )
    return Restored(before, oldest(entry.data for entry, _ in changed))


def _write(
    connection: Connection, scope: Scope, changed: list[tuple[Entry, str | None]]
) -> None:
    live = [
        {**values_of(scope, entry), "data": data}
        for entry, data in changed
        if data is not None
    ]
    dead = [values_of(scope, entry) for entry, data in changed if data is None]
    connection.run_many(STATEMENTS.put, live)
    connection.run_many(_REMOVE_TOMBSTONE, live)
    connection.run_many(STATEMENTS.put_tombstone, dead)
    connection.run_many(_REMOVE, dead)
