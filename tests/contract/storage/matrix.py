"""Which values a filter finds, asked with which: a table of all operators and types.

It is made by the naive model; `python -m tests.contract.storage.matrix` writes that of
the documentation anew.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

from cliquet.storage.query import COMPARISON, Filter, Path
from tests.contract.storage.naive import MISSING, matches

FILE = File(__file__).parents[3] / "docs/filters.csv"

#: Values that are kept, by type.
KEPT: dict[str, list[Any]] = {
    "null": [None],
    "text": ["", "a", "É", "1", "true", "null"],
    "number": [0, 1, 1.5, -2, 10**30],
    "boolean": [False, True],
    "array": [[], ["a"], [1, None], [True, "É"], [["a"]], [{"n": 1}]],
    "object": [{}, {"a": 1}, {"n": {"a": 1}}],
    "missing": [MISSING],
}
#: What filters are asked with: what a query string can say.
ASKED: dict[str, list[Any]] = {
    "null": KEPT["null"],
    "text": [*KEPT["text"], "é", "*a*", "b"],
    "number": [*KEPT["number"], 1.0, 3],
    "boolean": KEPT["boolean"],
}
LISTED = (
    COMPARISON.IN, COMPARISON.EXCLUDE, COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY,
)  # fmt: skip
#: As query strings write them.
OPERATORS = {
    "f": COMPARISON.EQ, "not_f": COMPARISON.NOT, "in_f": COMPARISON.IN,
    "exclude_f": COMPARISON.EXCLUDE, "min_f": COMPARISON.MIN, "max_f": COMPARISON.MAX,
    "gt_f": COMPARISON.GT, "lt_f": COMPARISON.LT, "like_f": COMPARISON.LIKE,
    "has_f": COMPARISON.HAS, "contains_f": COMPARISON.CONTAINS,
    "contains_any_f": COMPARISON.CONTAINS_ANY,
}  # fmt: skip


def filters_of(operator: COMPARISON, field: str) -> Iterator[tuple[str, Filter]]:
    """Yield filters, each with the type of what is asked."""
    for name, values in ASKED.items():
        if operator is COMPARISON.HAS and name != "boolean":
            continue
        if operator is COMPARISON.LIKE and name != "text":
            continue
        for value in values:
            asked = [value] if operator in LISTED else value
            yield name, Filter(field, asked, operator)


def records(inside: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield records with each of the values, in `f` or inside of it."""
    for name, values in KEPT.items():
        for value in values:
            held = {} if value is MISSING else {"n" if inside else "f": value}
            yield name, {"f": held} if inside else held
    if inside:
        yield from (("missing", {"f": value}) for value in ([{"n": 1}], "n", None))


def rows() -> list[list[str]]:
    """Return the table: what each filter finds, asked with which types."""
    table = [["filter", *KEPT]]
    for prefixed, operator in OPERATORS.items():
        found: dict[str, list[str]] = {name: [] for name in KEPT}
        for asked, item in filters_of(operator, "f"):
            for name, record in records(inside=False):
                told = (
                    str(item.value).lower()
                    if item.operator is COMPARISON.HAS
                    else asked
                )
                if matches(record, item) and told not in found[name]:
                    found[name].append(told)
        cells = [", ".join(found[name]) or "—" for name in KEPT]
        table.append([f"``{prefixed}``", *cells])
    return table


def text() -> str:
    """Return the table as CSV."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows())
    return written.getvalue()


INSIDE = Path("f.n")

if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
