"""What has to be read from Redis for a list: a page, some ids, or the collection?

The server narrows down what may be on the page; which records are, and in which order,
is decided here as for the engine in memory.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from cliquet import serialization
from cliquet.storage.bounds import bounds, is_bound, page_bounds
from cliquet.storage.evaluation import evaluate, total_order
from cliquet.storage.query import COMPARISON, FieldNames, Filter, Query, Scope
from cliquet.storage.redis_keys import (
    DEAD,
    LIVE,
    READ_ALL,
    READ_IDS,
    READ_PAGE,
    TIMESTAMP,
    key,
    keys_of_page,
)
from cliquet.types import Record, Timestamp

#: Scores of sorted sets are exact up to here.
_LARGEST = 2**53


class Page(NamedTuple):
    """Bounds of timestamps, both included; None for none."""

    low: Timestamp | None
    high: Timestamp | None
    all_low: Timestamp | None
    all_high: Timestamp | None
    is_descending: bool


def plan_page(query: Query, names: FieldNames) -> Page | None:
    """Tell what the index can answer, None for a list that it cannot."""
    order = total_order(query.sorting, names)
    if [key.field for key in order] != [names.modified, names.id]:
        return None
    if not all(is_bound(item, names.modified) for item in query.filters):
        return None
    columns = (names.modified, names.id)
    if any(item.field not in columns for rule in query.rules for item in rule):
        return None
    low, high = all_low, all_high = bounds(query.filters, names.modified)
    page_low, page_high = page_bounds(query.rules, names.modified)
    # A page begins at one end: only there may others of the same time be left out.
    is_descending = order[0].direction < 0
    begins = page_high if is_descending else page_low
    if query.rules and begins is None:
        return None
    if is_descending and page_high is not None:
        high = page_high if high is None else min(high, page_high)
    if not is_descending and page_low is not None:
        low = page_low if low is None else max(low, page_low)
    found = [each for each in (low, high, all_low, all_high) if each is not None]
    if any(abs(each) >= _LARGEST for each in found):
        return None
    return Page(low, high, all_low, all_high, is_descending)


def wanted_ids(filters: Sequence[Filter], id_field: str) -> list[str] | None:
    """Tell the only ids that can match, None if there is no such limit."""
    for item in filters:
        if item.field != id_field:
            continue
        if item.operator is COMPARISON.EQ:
            return [item.value] if isinstance(item.value, str) else []
        if item.operator is COMPARISON.IN:
            return [value for value in item.value if isinstance(value, str)]
    return None


def read_list(
    scripts: dict[str, Any], scope: Scope, names: FieldNames, query: Query
) -> tuple[list[Record], int]:
    """Read a list in one round trip."""
    ids = wanted_ids(query.filters, names.id)
    if ids is not None:
        return _read_ids(scripts[READ_IDS], scope, names, query, ids)
    page = plan_page(query, names)
    found = (
        None if page is None else _ask(scripts[READ_PAGE], scope, names, query, page)
    )
    if found:
        total, live, dead = found
        # How many match is known already: what was left out is not counted here.
        records, _ = evaluate(_load(live), names, query, _load(dead))
        return records, int(total)
    kinds = (LIVE, DEAD) if query.include_deleted else (LIVE,)
    _, parts = read_all(scripts, scope, kinds)
    return evaluate(parts[0], names, query, parts[1] if len(parts) > 1 else ())


def read_all(
    scripts: dict[str, Any], scope: Scope, kinds: Sequence[str]
) -> tuple[Timestamp | None, list[list[Record]]]:
    """Read the timestamp of a collection, and all of its records, by kind."""
    current, *parts = scripts[READ_ALL](
        keys=[key(scope, TIMESTAMP), *(key(scope, kind) for kind in kinds)],
        args=[key(scope, ""), *kinds],
    )
    return None if current is None else int(current), [_load(part) for part in parts]


def _ask(script: Any, scope: Scope, names: FieldNames, query: Query, page: Page) -> Any:
    def bound(value: Timestamp | None, otherwise: str) -> str:
        return otherwise if value is None else str(value)

    return script(
        keys=keys_of_page(scope),
        args=[
            key(scope, ""),
            names.modified,
            query.limit or -1,
            "desc" if page.is_descending else "asc",
            bound(page.low, "-inf"),
            bound(page.high, "+inf"),
            bound(page.all_low, "-inf"),
            bound(page.all_high, "+inf"),
            "1" if query.include_deleted else "",
        ],
    )


def _read_ids(
    script: Any, scope: Scope, names: FieldNames, query: Query, ids: list[str]
) -> tuple[list[Record], int]:
    ids = list(dict.fromkeys(ids))
    kinds = (LIVE, DEAD) if query.include_deleted else (LIVE,)
    keys = [key(scope, kind, object_id) for kind in kinds for object_id in ids]
    live, dead = script(keys=keys, args=[len(ids)]) if keys else ((), ())
    return evaluate(_load(live), names, query, _load(dead))


def _load(texts: Sequence[bytes]) -> list[Record]:
    return [serialization.loads_stored(text) for text in texts]
