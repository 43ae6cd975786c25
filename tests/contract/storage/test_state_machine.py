"""Random programs: each engine answers what the naive model answers."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from cliquet.storage import Filter, Sort
from cliquet.storage.exceptions import RecordNotFoundError, UnicityError
from cliquet.storage.query import COMPARISON, Path, Rank
from tests.contract.storage.naive import MISSING, Naive, at, compare, same

FIELDS = ["a", "b", "é 'x\""]
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(
        [0.0, 1.0, -0.5, 1e20, 2**53, 2**53 + 1, 2**64, 10**40, -(10**40)]
    )
    | st.sampled_from(
        ["", "a", "A", "é", "𝄞", "\uffff", "1", "true", "null", "%", "_", "'"]
    )
)
NAMES = ["k", "l", "é 'x\""]
flat = scalars | st.lists(scalars, max_size=2)
values = flat | st.dictionaries(
    st.sampled_from(NAMES),
    flat | st.dictionaries(st.sampled_from(NAMES), flat, max_size=2),
    max_size=2,
)
records = st.dictionaries(st.sampled_from(FIELDS), values, max_size=3)
ids = st.sampled_from(["a", "b", "c", "ab", "%", "é"])
PATHS = [
    Path(".".join(names))
    for names in (
        *((field, name) for field in FIELDS for name in NAMES),
        *(("a", name, other) for name in NAMES for other in NAMES),
        ("nowhere", "k"), ("id", "k"), ("deleted", "k"), ("a", "k", "l", "k"),
    )
]  # fmt: skip
fields = st.sampled_from(
    [*FIELDS, "id", "deleted", "nowhere", "a.k"]
) | st.sampled_from(PATHS)
unique = st.sampled_from([(), ("a",), ("b", "a")])
ranges = st.sampled_from(
    [
        COMPARISON.LT,
        COMPARISON.MAX,
        COMPARISON.GT,
        COMPARISON.MIN,
        COMPARISON.EQ,
        COMPARISON.NOT,
    ]
)
filters = st.lists(
    st.builds(Filter, fields, values, ranges)
    | st.builds(
        Filter,
        fields,
        st.lists(values, max_size=3),
        st.sampled_from([COMPARISON.IN, COMPARISON.EXCLUDE]),
    )
    | st.builds(Filter, fields, st.booleans(), st.just(COMPARISON.HAS))
    | st.builds(
        Filter, fields, st.text("aAéÉ*%_\\'1", max_size=3), st.just(COMPARISON.LIKE)
    )
    | st.builds(
        Filter,
        fields,
        st.lists(scalars, max_size=2),
        st.sampled_from([COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY]),
    ),
    max_size=2,
)
sortings = st.lists(
    st.builds(
        Sort,
        st.sampled_from([*FIELDS, "id", "last_modified"]) | st.sampled_from(PATHS),
        st.sampled_from([1, -1]),
    ),
    max_size=2,
    unique_by=lambda key: key.field,
)
# Beyond 2 ** 53 floating-point numbers do not tell a timestamp from the next.
forced = st.none() | st.integers(1, 6) | st.sampled_from([2**53 - 1, 2**53, 2**53 + 1])


class StoragePrograms(RuleBasedStateMachine):
    """Programs over two parents of one storage."""

    storage: Any

    @initialize()
    def start(self) -> None:
        self.storage.flush()
        self.models = {"p": Naive(), "q": Naive()}
        self.newest = {"p": 0, "q": 0}

    def teardown(self) -> None:
        self.storage.flush()

    def moved(self, parent: str, wrote: bool = True) -> None:
        current = self.storage.collection_timestamp("c", parent, initialize=False)
        if wrote:
            assert current > self.newest[parent]
        else:
            assert current == self.newest[parent]
        self.newest[parent] = current

    def timed(self, record: dict[str, Any], wanted: int | None) -> dict[str, Any]:
        return record if wanted is None else {**record, "last_modified": wanted}

    @rule(
        parent=st.sampled_from("pq"),
        object_id=ids,
        record=records,
        unique=unique,
        wanted=forced,
    )
    def create(self, parent, object_id, record, unique, wanted):
        model = self.models[parent]
        taken = object_id in model.live or model.conflict(object_id, record, unique)
        sent = self.timed({**record, "id": object_id}, wanted)
        try:
            written = self.storage.create("c", parent, sent, unique_fields=unique)
        except UnicityError as error:
            assert taken
            existing = model.live[error.record["id"]]
            assert same(error.record, existing)
            self.moved(parent, wrote=False)
            return
        assert not taken
        assert wanted in (None, written["last_modified"])
        assert same(written, {**sent, "last_modified": written["last_modified"]})
        model.write(object_id, written)
        self.moved(parent)

    @rule(
        parent=st.sampled_from("pq"),
        object_id=ids,
        record=records,
        unique=unique,
        wanted=forced,
    )
    def update(self, parent, object_id, record, unique, wanted):
        model = self.models[parent]
        sent = self.timed(record, wanted)
        conflict = model.conflict(object_id, record, unique)
        try:
            written = self.storage.update(
                "c", parent, object_id, sent, unique_fields=unique
            )
        except UnicityError as error:
            assert error.field == conflict
            assert same(error.record, model.live[error.record["id"]])
            self.moved(parent, wrote=False)
            return
        assert not conflict
        stamp = written["last_modified"]
        assert same(written, {**sent, "id": object_id, "last_modified": stamp})
        model.write(object_id, written)
        self.moved(parent)

    @rule(parent=st.sampled_from("pq"), object_id=ids)
    def get(self, parent, object_id):
        model = self.models[parent]
        try:
            found = self.storage.get("c", parent, object_id)
        except RecordNotFoundError:
            assert object_id not in model.live
            return
        assert same(found, model.live[object_id])

    @rule(
        parent=st.sampled_from("pq"), object_id=ids, keep=st.booleans(), wanted=forced
    )
    def delete(self, parent, object_id, keep, wanted):
        model = self.models[parent]
        try:
            tombstone = self.storage.delete(
                "c", parent, object_id, with_deleted=keep, last_modified=wanted
            )
        except RecordNotFoundError:
            assert object_id not in model.live
            self.moved(parent, wrote=False)
            return
        assert wanted in (None, tombstone["last_modified"])
        model.bury(tombstone, keep)
        self.moved(parent)

    @rule(parent=st.sampled_from("pq"), filters=filters, keep=st.booleans())
    def delete_all(self, parent, filters, keep):
        model = self.models[parent]
        expected = {record["id"] for record in model.list(filters, [], False)}
        deleted = self.storage.delete_all(
            "c", parent, filters=filters, with_deleted=keep
        )
        assert {tombstone["id"] for tombstone in deleted} == expected
        for tombstone in deleted:
            model.bury(tombstone, keep)
        self.moved(parent, wrote=bool(deleted))

    @rule(parent=st.sampled_from("pq"))
    def purge(self, parent):
        model = self.models[parent]
        assert self.storage.purge_deleted("c", parent) == len(model.dead)
        model.dead.clear()
        self.moved(parent, wrote=False)

    @rule(
        parent=st.sampled_from("pq"),
        filters=filters,
        sorting=sortings,
        include_deleted=st.booleans(),
        size=st.integers(1, 3),
    )
    def walk(self, parent, filters, sorting, include_deleted, size):
        model = self.models[parent]
        expected = model.list(filters, sorting, include_deleted)
        total = sum("deleted" not in record for record in expected)
        options = {
            "filters": filters,
            "sorting": sorting,
            "include_deleted": include_deleted,
        }
        listed, counted = self.storage.get_all("c", parent, **options)
        assert [record["id"] for record in listed] == [
            record["id"] for record in expected
        ]
        assert all(map(same, listed, expected))
        assert counted == total
        keys = [*sorting]
        if "id" not in {key.field for key in keys}:
            if "last_modified" not in {key.field for key in keys}:
                keys.append(Sort("last_modified", -1))
            keys.append(Sort("id", 1))
        walked: list[str] = []
        rules: list[list[Filter]] = []
        for _ in range(len(expected) + 1):
            page, counted = self.storage.get_all(
                "c", parent, limit=size, pagination_rules=rules, **options
            )
            assert counted == total
            walked += [record["id"] for record in page]
            if len(page) < size:
                break
            rules = behind(page[-1], keys)
        assert walked == [record["id"] for record in expected]


def behind(record: dict[str, Any], keys: list[Sort]) -> list[list[Filter]]:
    """Rules of the page behind a record."""

    def place(field: str) -> Any:
        value = at(record, field)
        if value is MISSING:
            return Rank.MISSING
        if isinstance(value, list):
            return Rank.ARRAY
        return Rank.OBJECT if isinstance(value, dict) else value

    rules = []
    for length in range(1, len(keys) + 1):
        *equal, beyond = keys[:length]
        operator = COMPARISON.GT if beyond.direction > 0 else COMPARISON.LT
        rule = [Filter(key.field, place(key.field), COMPARISON.EQ) for key in equal]
        rules.append([*rule, Filter(beyond.field, place(beyond.field), operator)])
    return rules


def test_random_programs(storage: Any, request: pytest.FixtureRequest) -> None:
    programs = type("Programs", (StoragePrograms,), {"storage": storage})
    run_state_machine_as_test(programs, settings=settings())


def test_the_model_tells_missing_from_null() -> None:
    assert compare(MISSING, None) > 0
    assert same(MISSING, None)
