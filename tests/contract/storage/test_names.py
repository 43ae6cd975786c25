"""Collections, parents and ids of any text are objects of their own, on each engine."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cliquet.storage import Filter
from cliquet.storage.query import COMPARISON, Scope

texts = st.text(st.sampled_from("ab.:;%_*?[]\\'\"\x1f/ é"), max_size=3) | st.text(
    st.characters(exclude_characters="\x00", codec="utf-8"), max_size=3
)
ends = st.sampled_from(["", ".records", ".deleted", ".timestamp", ".a", ";records"])
names = st.builds(str.__add__, texts, ends)
triples = st.lists(st.tuples(names, names, names), min_size=1, max_size=6, unique=True)


@given(triples, st.data())
@settings(max_examples=60)
def test_names_of_any_text_stay_apart(storage: Any, objects: Any, data: Any) -> None:
    storage.flush()
    stored = {}
    for number, (collection_id, parent_id, object_id) in enumerate(objects):
        record = {"id": object_id, "n": number}
        written = storage.create(collection_id, parent_id, record)
        stored[collection_id, parent_id, object_id] = written
    gone = data.draw(st.sampled_from(objects))
    tombstone = storage.delete(*gone)
    del stored[gone]

    scopes = {Scope(*each[:2]) for each in objects}
    assert set(storage.scopes()) == scopes
    for scope in scopes:
        own = {key[2]: value for key, value in stored.items() if key[:2] == scope}
        listed, total = storage.get_all(*scope, include_deleted=True)
        dead = {gone[2]: tombstone} if gone[:2] == scope else {}
        assert {each["id"]: each for each in listed} == own | dead
        assert total == len(own)
        by_id = [Filter("id", list(own), COMPARISON.IN)]
        assert len(storage.get_all(*scope, filters=by_id)[0]) == len(own)
    for key, record in stored.items():
        stored[key] = storage.update(*key, {"n": record["n"]})
    emptied = len([key for key in stored if key[:2] == gone[:2]])
    assert len(storage.delete_all(*gone[:2])) == emptied
    assert storage.purge_deleted(*gone[:2]) == emptied + 1
    for key, record in stored.items():
        if key[:2] != gone[:2]:
            assert storage.get(*key) == record

    storage.flush()
    assert list(storage.scopes()) == []
