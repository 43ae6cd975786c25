"""What is left of deleted records, and deletions of many."""

from typing import Any

import pytest

from cliquet.storage import Filter, Sort
from cliquet.storage.query import COMPARISON
from cliquet.testing.contracts.collection import Collection, StorageFixtures
from cliquet.types import Record, Timestamp

EQ, NOT, LT, GT = COMPARISON.EQ, COMPARISON.NOT, COMPARISON.LT, COMPARISON.GT
MIN, MAX, IN, EXCLUDE = (
    COMPARISON.MIN, COMPARISON.MAX, COMPARISON.IN, COMPARISON.EXCLUDE,
)  # fmt: skip


class Tombstones(StorageFixtures):
    """Deletions are listed on demand, and never counted."""

    @pytest.fixture
    def mixed(self, collection: Collection) -> tuple[Collection, Timestamp]:
        """Records and tombstones; the timestamp before them."""
        collection.create(id="old", status=0)
        start = collection.timestamp()
        for number in range(6):
            collection.create(id=str(number), status=number % 2)
        for number in (0, 3, 5):
            collection.delete(str(number))
        return collection, start

    def test_tombstones_are_listed_on_demand_and_never_counted(
        self, mixed: tuple[Collection, Timestamp]
    ) -> None:
        collection, start = mixed
        since = Filter("last_modified", start, GT)

        def listed(
            *filters: Filter, include_deleted: bool = True
        ) -> tuple[int, int, int]:
            options: dict[str, Any] = {
                "filters": [since, *filters],
                "include_deleted": include_deleted,
            }
            found = collection.list(**options)
            deleted = sum("deleted" in record for record in found)
            return len(found) - deleted, deleted, collection.total(**options)

        assert listed() == (3, 3, 3)
        assert listed(include_deleted=False) == (3, 0, 3)
        assert listed(Filter("deleted", True, EQ)) == (0, 3, 0)
        assert listed(Filter("deleted", True, NOT)) == (3, 0, 3)
        assert listed(Filter("deleted", False, EQ)) == (0, 0, 0)
        assert listed(Filter("deleted", True, EQ), include_deleted=False) == (0, 0, 0)
        assert listed(Filter("status", 0, EQ)) == (2, 0, 2)

    def test_tombstones_are_sorted_among_records(
        self, mixed: tuple[Collection, Timestamp]
    ) -> None:
        collection, _ = mixed
        by_time = collection.list(
            include_deleted=True, sorting=[Sort("last_modified", 1)]
        )
        by_status = collection.list(include_deleted=True, sorting=[Sort("status", 1)])
        by_deleted = collection.list(include_deleted=True, sorting=[Sort("deleted", 1)])

        times = [record["last_modified"] for record in by_time]
        assert times == sorted(times)
        # They lack the field, the others lack the flag (docs: rules-order).
        assert ["deleted" in record for record in by_status] == [False] * 4 + [True] * 3
        assert ["deleted" in record for record in by_deleted] == [True] * 3 + [
            False
        ] * 4

    @pytest.mark.parametrize("field", ["status", "deleted", "nowhere", "id"])
    def test_a_descending_order_is_the_reverse(
        self, mixed: tuple[Collection, Timestamp], field: str
    ) -> None:
        collection, _ = mixed
        ascending, descending = (
            collection.list(include_deleted=True, sorting=[Sort(field, direction)])
            for direction in (1, -1)
        )

        def places(records: list[Record]) -> list[str]:
            return [str(record.get(field)) for record in records]

        assert places(descending) == places(ascending)[::-1]

    def test_tombstones_are_paged_over(
        self, mixed: tuple[Collection, Timestamp]
    ) -> None:
        collection, _start = mixed
        times = []
        rules: list[list[Filter]] = []
        while True:
            page = collection.list(
                include_deleted=True,
                sorting=[Sort("last_modified", -1)],
                pagination_rules=rules,
                limit=2,
            )
            times += [record["last_modified"] for record in page]
            if len(page) < 2:
                break
            rules = [[Filter("last_modified", times[-1], LT)]]

        assert len(times) == 7
        assert times == sorted(times, reverse=True)

    def test_delete_all_deletes_what_matches(
        self, collection: Collection, other_parent: Collection
    ) -> None:
        for number in range(4):
            collection.create(id=str(number), n=number)
        other_parent.create(id="0", n=3)

        deleted = collection.delete_all(filters=[Filter("n", 2, MIN)])

        assert {record["id"] for record in deleted} == {"2", "3"}
        assert all(
            set(record) == {"id", "last_modified", "deleted"} for record in deleted
        )
        assert len({record["last_modified"] for record in deleted}) == 2
        assert {record["id"] for record in collection.list()} == {"0", "1"}
        assert collection.total() == 2
        assert other_parent.total() == 1
        assert len(collection.list(include_deleted=True)) == 4

    def test_delete_all_of_nothing_changes_nothing(
        self, collection: Collection
    ) -> None:
        collection.create(n=1)
        before = collection.timestamp()

        assert collection.delete_all(filters=[Filter("n", 2, EQ)]) == []

        assert collection.timestamp() == before

    def test_delete_all_may_leave_no_tombstones(self, collection: Collection) -> None:
        collection.create()

        collection.delete_all(with_deleted=False)

        assert collection.list(include_deleted=True) == []

    def test_purge_forgets_tombstones(
        self, collection: Collection, other_parent: Collection
    ) -> None:
        for name in "ab":
            collection.create(id=name)
            other_parent.create(id=name)
            other_parent.delete(name)
        collection.delete("a")
        newest = collection.delete("b")["last_modified"]

        assert collection.purge(before=newest) == 1
        assert [record["id"] for record in collection.list(include_deleted=True)] == [
            "b"
        ]
        assert collection.purge() == 1
        assert collection.purge() == 0
        assert len(other_parent.list(include_deleted=True)) == 2
