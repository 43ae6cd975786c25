"""Databases that speak SQL: all that is stored, as it is at one moment."""

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from cliquet import serialization
from cliquet.engines.sql.client import Connection, Row, SQLClient
from cliquet.storage.query import FieldNames, Scope
from cliquet.storage.transfer import Entry, Part, Restored, Transfer, in_parts
from cliquet.types import Timestamp

_COLUMNS = ("id", "last_modified")
_NAMES = FieldNames()
HORIZONS = "SELECT collection_id, parent_id, horizon FROM horizons"


class SQLTransfer(Transfer):
    """Methods of a storage in a database, which has `client`.

    Attributes:
        dumped: The statement that reads all. Columns: `collection_id`, `parent_id`, the
            timestamp of the collection, `id`, `last_modified`, `data`, whether it is
            live; as `in_parts` wants them.
    """

    client: SQLClient
    dumped: ClassVar[str]

    def snapshot(self) -> AbstractContextManager[None]:
        return self.client.snapshot()

    def dump(self) -> Iterator[Part]:
        with self.client.snapshot(), self.client.connect(readonly=True) as connection:
            yield from in_parts(map(_as_entry, connection.stream(self.dumped)))

    def horizons(self) -> Iterator[tuple[Scope, Timestamp]]:
        with self.client.snapshot(), self.client.connect(readonly=True) as connection:
            for row in connection.stream(HORIZONS):
                yield Scope(row[0], row[1]), row[2]

    def restore(self, parts: Sequence[Part]) -> list[Restored]:
        with self.client.connect() as connection:
            return self._restore(connection, parts)

    def _restore(self, connection: Connection, parts: Sequence[Part]) -> list[Restored]:
        raise NotImplementedError


def _as_entry(row: Row) -> tuple[Scope, Timestamp | None, Entry | None]:
    collection_id, parent_id, timestamp, object_id, modified, data, is_live = row
    scope = Scope(collection_id, parent_id)
    if object_id is None:
        return scope, timestamp, None
    if not is_live:
        return scope, timestamp, Entry(False, _NAMES.tombstone(object_id, modified))
    fields = serialization.loads_stored(data)
    fields["id"], fields["last_modified"] = object_id, modified
    return scope, timestamp, Entry(True, fields)


def document_of(entry: Entry) -> str | None:
    """Return the fields of a record that have no column as JSON; None of tombstones."""
    if not entry.is_live:
        return None
    fields = {name: entry.data[name] for name in entry.data if name not in _COLUMNS}
    return serialization.dumps(fields)


def ids_of(entries: Sequence[Entry]) -> str:
    """Return their ids as JSON."""
    return json.dumps([entry.data["id"] for entry in entries])


def values_of(scope: Scope, entry: Entry) -> dict[str, Any]:
    """Return what statements want to know of an entry, its document excepted."""
    at = entry.data["last_modified"]
    return {**scope._asdict(), "id": entry.data["id"], "last_modified": at}
