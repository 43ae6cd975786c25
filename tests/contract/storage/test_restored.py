"""Several collections that are restored at once, in some of which there is something."""

from cliquet.storage.query import Scope
from cliquet.storage.transfer import Entry, Part

HERE, THERE, EMPTY = (Scope(name, "parent") for name in ("here", "there", "empty"))
LIVE = Entry(True, {"id": "a", "last_modified": 100, "n": 2})
DEAD = Entry(False, {"id": "b", "last_modified": 90, "deleted": True})


def test_each_is_told_what_it_met(storage):
    first = storage.create(*HERE, record={"id": "b", "n": 1})
    same = [LIVE, DEAD]

    met = storage.restore([Part(each, 0, same) for each in (HERE, THERE)])

    assert met == [(first["last_modified"], 90), (0, 90)]
    assert storage.restore([Part(EMPTY, 50, []), Part(THERE, 0, same)]) == [
        (0, None),
        (100, None),
    ]
    for scope in (HERE, THERE):
        records, total = storage.get_all(*scope, include_deleted=True)
        assert sorted(records, key=lambda each: each["id"]) == [LIVE.data, DEAD.data]
        assert total == 1
    assert storage.collection_timestamp(*EMPTY) == 50


def test_what_comes_later_is_counted_as_well(storage):
    entries = [Entry(True, {"id": str(n), "last_modified": n}) for n in range(1, 5)]

    storage.restore([Part(HERE, 0, entries[:2])])
    storage.restore([Part(HERE, 0, [*entries[1:], DEAD]), Part(THERE, 0, [DEAD])])

    assert storage.get_all(*HERE)[1] == 4
    assert storage.get_all(*THERE)[1] == 0
    storage.delete_all(*HERE)
    assert storage.get_all(*HERE)[1] == 0
