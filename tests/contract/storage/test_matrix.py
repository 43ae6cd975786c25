"""Each operator, with each type that is asked for, on each that is kept, everywhere."""

import pytest

from tests.contract.storage.matrix import (
    FILE,
    INSIDE,
    OPERATORS,
    filters_of,
    records,
    text,
)
from tests.contract.storage.naive import matches


def test_the_table_of_the_documentation_is_what_the_model_says():
    assert FILE.read_text(encoding="utf-8") == text(), (
        "python -m tests.contract.storage.matrix"
    )


@pytest.fixture(params=[False, True], ids=["field", "path"])
def filled(storage, request):
    kept = {}
    for number, (_, record) in enumerate(records(request.param)):
        kept[f"{number:02}"] = record
        storage.create("c", "p", {**record, "id": f"{number:02}"})
    return storage, kept, INSIDE if request.param else "f"


def test_engines_find_what_the_model_finds(filled):
    storage, kept, field = filled
    for operator in OPERATORS.values():
        for _, item in filters_of(operator, field):
            listed, total = storage.get_all("c", "p", filters=[item])

            found = sorted(record["id"] for record in listed)
            assert found == [name for name in kept if matches(kept[name], item)], item
            assert total == len(found), item
