"""Records in partitions, by the SQL that the documentation shows."""

from pathlib import Path

import pytest

from cliquet.storage import Filter
from cliquet.storage.query import COMPARISON
from tests.postgresql.test_without_triggers import GONE, THERE, WRONG, states

SQL = Path(__file__).parents[2] / "docs" / "partitions.sql"
PLACES = "SELECT DISTINCT tableoid::regclass::text FROM records ORDER BY 1"
#: Of each, which partitions the plan reads.
PLAN = """EXPLAIN SELECT id FROM records WHERE parent_id = 'p1'
AND collection_id = 'c' ORDER BY as_epoch(last_modified) DESC LIMIT 10"""


@pytest.mark.parametrize("mode", [True, False])
def test_records_of_a_parent_are_in_one_partition(make_storage, run, mode):
    storage = make_storage(postgresql_triggers=mode)
    storage.initialize_schema()
    records = [storage.create("c", f"p{number}", {"n": number}) for number in range(20)]

    run(SQL.read_text())
    storage.initialize_schema()

    assert states(run) == (THERE if mode else GONE)
    assert len(run(PLACES)) > 1
    assert storage.get("c", "p3", records[3]["id"]) == records[3]
    written = write(storage)
    assert run(WRONG) == []
    assert written == sorted(set(written))
    plan = "\n".join(row[0] for row in run(PLAN))
    assert sum(f"records_{number}" in plan for number in range(4)) == 1


def write(storage):
    """Write to one collection in each way; the timestamps in turn."""
    created = storage.create("c", "p1", {"n": 1})
    replaced = storage.update("c", "p1", created["id"], {"n": 2})
    put = storage.update("c", "p1", "new", {"n": 2})
    gone = storage.delete("c", "p1", created["id"])
    (by_filter,) = storage.delete_all(
        "c", "p1", filters=[Filter("id", "new", COMPARISON.EQ)]
    )
    assert len(storage.delete_of_parents("c", ["p1"])) == 1
    listed, total = storage.get_all("c", "p1", include_deleted=True)
    assert (len(listed), total) == (3, 0)
    found = (created, replaced, put, gone, by_filter)
    return [
        *(each["last_modified"] for each in found),
        storage.collection_timestamp("c", "p1"),
    ]
