"""What is restored in the memory of this process, and its horizons."""

from collections.abc import Iterator, Sequence
from threading import RLock

from cliquet.json_values import copy_json
from cliquet.storage.memory.collection import Collection, Entry
from cliquet.storage.query import EVERY_COLLECTION, Scope
from cliquet.storage.transfer import Part, Restored, Transfer, newest, oldest
from cliquet.types import Timestamp


class MemoryTransfer(Transfer):
    """Methods of a storage in memory."""

    _lock: RLock
    _collections: dict[Scope, Collection]
    _horizon: Timestamp

    def horizons(self) -> Iterator[tuple[Scope, Timestamp]]:
        with self._lock:
            found = [
                (scope, collection.horizon)
                for scope, collection in self._collections.items()
            ]
            found.append((EVERY_COLLECTION, self._horizon))
        return iter([(scope, horizon) for scope, horizon in found if horizon])

    def restore(self, parts: Sequence[Part]) -> list[Restored]:
        with self._lock:
            return [self._restore(part) for part in parts]

    def _restore(self, part: Part) -> Restored:
        collection = self._collections.setdefault(part.scope, Collection())
        before = collection.timestamp or 0
        changed = []
        for is_live, data in part.entries:
            kept = collection.live if is_live else collection.tombstones
            record = copy_json(data) if is_live else None
            entry = Entry(data["last_modified"], data["id"], record)
            if kept.get(entry.id) == entry:
                continue
            put = collection.put if is_live else collection.put_tombstone
            put(entry)
            changed.append(data)
        collection.timestamp = max(before, newest(part))
        return Restored(before, oldest(changed))
