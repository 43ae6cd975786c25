"""What has to be read from Redis for a list: a page, some ids, or the collection?

The server narrows down what may be on the page; which records are, and in which order,
is decided here as for the engine in memory.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from cliquet import serialization
from cliquet.backends.grants import GrantedIds
from cliquet.backends.redis_grants import as_argument, database_of_client
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

Scripts = dict[str, Any]

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
    client: Any, scripts: Scripts, scope: Scope, names: FieldNames, query: Query
) -> tuple[list[Record], int]:
    """Read a list in one round trip."""
    granted = next((each for each in query.filters if _is_here(each, client)), None)
    if granted is not None and granted.field == names.id:
        others = tuple(each for each in query.filters if each is not granted)
        narrowed = query._replace(filters=others)
        grants = granted.value.grants
        found = _read(scripts, scope, names, narrowed, as_argument(grants))
        if found is not None:
            return found
        # Permissions are not indexed: whoever reads the ids does it.
        listed = granted._replace(value=list(granted.value))
        query = query._replace(filters=(*others, listed))
    return _read(scripts, scope, names, query) or ([], 0)


def read_all(
    scripts: Scripts, scope: Scope, kinds: Sequence[str]
) -> tuple[Timestamp | None, list[list[Record]]]:
    """Read the timestamp of a collection, and all of its records, by kind."""
    current, *parts = _ask_for_all(scripts, scope, kinds, "")
    return None if current is None else int(current), [_load(part) for part in parts]


def _is_here(item: Filter, client: Any) -> bool:
    """Tell whether a filter is on what is shared, in the same database."""
    if item.operator is not COMPARISON.IN or not isinstance(item.value, GrantedIds):
        return False
    where: Any = item.value.grants.client
    return bool(where == database_of_client(client))


def _read(
    scripts: Scripts, scope: Scope, names: FieldNames, query: Query, shared: str = ""
) -> tuple[list[Record], int] | None:
    """Read a list; None if it is not known what is shared."""
    kinds = (LIVE, DEAD) if query.include_deleted else (LIVE,)
    ids = wanted_ids(query.filters, names.id)
    if ids is not None:
        ids = list(dict.fromkeys(ids))
        parts = scripts[READ_IDS](
            keys=[key(scope, kind) for kind in kinds],
            args=[key(scope, ""), ",".join(kinds), *ids, shared],
        )
        return None if parts is None else _evaluate(parts, names, query)
    page = plan_page(query, names)
    found = page and _ask_for_page(scripts, scope, names, query, page, shared)
    if found:
        total, *parts = found
        # How many match is known already: what was left out is not counted here.
        return _evaluate(parts, names, query)[0], int(total)
    answer = _ask_for_all(scripts, scope, kinds, shared)
    return None if answer is None else _evaluate(answer[1:], names, query)


def _evaluate(
    parts: Sequence[Any], names: FieldNames, query: Query
) -> tuple[list[Record], int]:
    live, *dead = map(_load, parts)
    return evaluate(live, names, query, *dead)


def _ask_for_all(
    scripts: Scripts, scope: Scope, kinds: Sequence[str], shared: str
) -> Any:
    return scripts[READ_ALL](
        keys=[key(scope, TIMESTAMP), *(key(scope, kind) for kind in kinds)],
        args=[key(scope, ""), *kinds, shared],
    )


def _ask_for_page(
    scripts: Scripts,
    scope: Scope,
    names: FieldNames,
    query: Query,
    page: Page,
    shared: str,
) -> Any:
    def bound(value: Timestamp | None, otherwise: str) -> str:
        return otherwise if value is None else str(value)

    return scripts[READ_PAGE](
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
            shared,
        ],
    )


def _load(array: bytes) -> list[Record]:
    found: list[Record] = serialization.loads_stored(array)
    return found
