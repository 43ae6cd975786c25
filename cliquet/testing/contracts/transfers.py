"""What leaves a storage, and what comes: as it is, timestamps included."""

from typing import Any

from cliquet.storage.query import Scope
from cliquet.storage.transfer import Entry, Part
from cliquet.testing.contracts.collection import Collection, StorageFixtures


def dumped(storage: Any, collection: Collection) -> list[Part]:
    """Return the parts of a collection."""
    with storage.snapshot():
        parts = list(storage.dump())
    scope = Scope(**collection.names)
    return [part for part in parts if part.scope == scope]


def entries_of(parts: list[Part]) -> list[tuple[bool, Any]]:
    """Return the entries of parts."""
    return [(entry.is_live, entry.data) for part in parts for entry in part.entries]


class Transfers(StorageFixtures):
    """All that is stored can be read, and stored again with its timestamps."""

    def test_everything_is_dumped_from_the_oldest_to_the_newest(
        self, collection: Collection, storage: Any
    ) -> None:
        first = collection.create(id="a", n=[1, None])
        odd = collection.create(id="b", deleted=True)
        collection.create(id="c")
        dead = collection.delete("c")

        parts = dumped(storage, collection)

        assert entries_of(parts) == [(True, first), (True, odd), (False, dead)]
        assert {part.timestamp for part in parts} == {dead["last_modified"]}

    def test_what_is_restored_is_as_it_was(
        self, collection: Collection, storage: Any
    ) -> None:
        collection.create(id="a", n=1)
        collection.create(id="b")
        dead = collection.delete("b")
        parts = dumped(storage, collection)
        storage.flush()

        [met] = storage.restore(parts)

        assert met == (0, parts[0].entries[0].data["last_modified"])
        assert dumped(storage, collection) == parts
        assert storage.collection_timestamp(**collection.names) == dead["last_modified"]
        assert collection.page()[1] == 1

    def test_timestamps_of_collections_are_raised_and_never_lowered(
        self, collection: Collection, storage: Any
    ) -> None:
        scope = Scope(**collection.names)
        entry = Entry(True, {"id": "a", "last_modified": 100})

        def reached() -> Any:
            return storage.collection_timestamp(**collection.names)

        storage.restore([Part(scope, 0, [entry])])
        assert reached() == 100
        storage.restore([Part(scope, 300, [])])
        assert reached() == 300
        late = Entry(True, {"id": "b", "last_modified": 200})
        assert storage.restore([Part(scope, 250, [late])]) == [(300, 200)]
        assert reached() >= 300

    def test_what_is_there_already_is_not_restored(
        self, collection: Collection, storage: Any
    ) -> None:
        collection.create(id="a", n=1)
        collection.create(id="b")
        collection.delete("b")
        parts = dumped(storage, collection)

        [met] = storage.restore(parts)

        assert met.oldest is None
        assert dumped(storage, collection) == parts

    def test_tombstones_are_counted(self, collection: Collection, storage: Any) -> None:
        times = []
        for name in "abc":
            collection.create(id=name)
            times.append(collection.delete(name)["last_modified"])
        scope = Scope(**collection.names)

        assert storage.count_tombstones(*scope, before=times[2]) == 2
        assert dict(storage.buried(times[2]))[scope] == 2
        assert scope not in dict(storage.buried(times[0]))
        assert storage.tombstone_timestamps(*scope, limit=2) == times[:2]
        newest = storage.tombstone_timestamps(*scope, limit=2, newest_first=True)
        assert newest == [times[2], times[1]]
