"""The copy of a collection as it is read and changed offline."""

import uuid
from collections.abc import Mapping
from typing import Any

from cliquet.client.local.store import Store
from cliquet.client.records import Record


class Copy:
    """Records in a file; nothing here waits for the server.

    Args:
        path: Path of the collection on the server.
        store: The file.
    """

    def __init__(self, path: str, store: Store) -> None:
        self.path = path
        self.store = store

    def close(self) -> None:
        """Close the file."""
        self.store.close()

    def list(self) -> list[Record]:
        """Return the records, in the order of their ids."""
        return self.store.records()

    def get(self, record_id: str) -> Record:
        """Return a record.

        Raises:
            KeyError: it is not there.
        """
        record = self.store.get(record_id)
        if record is None:
            raise KeyError(record_id)
        return record

    def put(self, data: Mapping[str, Any]) -> Record:
        """Keep a record, new or changed; the next synchronisation pushes it.

        Args:
            data: All of its fields; it gets an `id` if it has none.
        """
        record = Record({"id": str(uuid.uuid4()), **data})
        self.store.put(record["id"], record)
        return record

    def delete(self, record_id: str) -> None:
        """Delete a record, here and by the next synchronisation on the server.

        Raises:
            KeyError: it is not there.
        """
        self.get(record_id)
        self.store.put(record_id, None)

    def pending(self) -> int:
        """Return the number of changes that the server does not have yet."""
        return len(self.store.changes())
