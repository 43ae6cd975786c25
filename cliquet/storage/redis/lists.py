"""Lists from Redis, read by one script: a page, some ids, or the collection.

The server narrows down what may be on the page; which records are, and in which order,
is decided here as for the engine in memory.
"""

from collections.abc import Callable, Sequence
from typing import Any

from cliquet import serialization
from cliquet.engines.redis.shared_ids import as_argument
from cliquet.storage.evaluation import evaluate
from cliquet.storage.query import COMPARISON, Filter, Query, Scope, Sort
from cliquet.storage.redis.keys import (
    DEAD,
    LIVE,
    TIMESTAMP,
    beginning,
    key,
    keys_of_page,
)
from cliquet.storage.redis.moves import Moves
from cliquet.storage.rules import bounds, is_bound, page_bounds, take_shared
from cliquet.types import Record, Timestamp

#: Scores of sorted sets are exact up to here.
_LARGEST = 2**53


def plan_page(query: Query) -> list[str] | None:
    """Return the arguments of the script that reads a page from the index by time.

    These are the order, then bounds of timestamps, both included: of what may be on the
    page, and of what is on all pages. None if the index cannot serve the list.
    """
    modified = query.names.modified
    order = query.order
    if not _is_indexed(query, order):
        return None
    low, high = all_low, all_high = bounds(query.filters, modified)
    is_descending = order[0].direction < 0
    if query.rules:
        # A page begins at one end: only there may others of the same time be left out.
        begins = page_bounds(query.rules, modified)[is_descending]
        if begins is None:
            return None
        if is_descending:
            high = begins if high is None else min(high, begins)
        else:
            low = begins if low is None else max(low, begins)
    found = (low, high, all_low, all_high)
    if any(bound is not None and abs(bound) >= _LARGEST for bound in found):
        return None
    written = [
        infinite if bound is None else str(bound)
        for bound, infinite in zip(found, ("-inf", "+inf") * 2, strict=True)
    ]
    return ["desc" if is_descending else "asc", *written]


def _is_indexed(query: Query, order: Sequence[Sort]) -> bool:
    """Return whether ids and timestamps say what is on a page, and in which order."""
    columns = [query.names.modified, query.names.id]
    return (
        [key.field for key in order] == columns
        and all(is_bound(item, query.names.modified) for item in query.filters)
        and all(item.field in columns for rule in query.rules for item in rule)
    )


def wanted_ids(filters: Sequence[Filter], id_field: str) -> list[str] | None:
    """Return the only ids that can match, None if there is no such limit."""
    for item in filters:
        if item.field != id_field:
            continue
        if item.operator is COMPARISON.EQ:
            return [item.value] if isinstance(item.value, str) else []
        if item.operator is COMPARISON.IN:
            texts = (value for value in item.value if isinstance(value, str))
            return list(dict.fromkeys(texts))
    return None


class Lists:
    """Reads lists of a Redis database.

    Args:
        scripts: Scripts by name, registered with a client.
        moves: Moves what 3.1.x left elsewhere.
    """

    def __init__(self, scripts: dict[str, Callable[..., Any]], moves: Moves) -> None:
        self._scripts = scripts
        self._moves = moves

    def read(self, query: Query) -> tuple[list[Record], int]:
        """Return the records of a list, and how many live ones match its filters."""
        shared, others = take_shared(query.filters, query.names.id)
        if shared is not None:
            narrowed = query._replace(filters=others)
            try:
                return self._read(narrowed, as_argument(shared.value.described))
            except _UnindexedError:
                # Reading the ids builds the index of permissions.
                listed = shared._replace(value=list(shared.value))
            query = query._replace(filters=[*others, listed])
        return self._read(query)

    def read_all(
        self, scope: Scope, kinds: Sequence[str]
    ) -> tuple[Timestamp | None, list[list[Record]]]:
        """Read the timestamp of a collection, and all of its records, by kind."""
        current, *parts = self._run_read_all(scope, kinds, "")
        return None if current is None else int(current), [*map(_load, parts)]

    def _read(self, query: Query, shared: str = "") -> tuple[list[Record], int]:
        scope, names = query.scope, query.names
        kinds = (LIVE, DEAD) if query.include_deleted else (LIVE,)
        ids = wanted_ids(query.filters, names.id)
        if ids is not None:
            keys = [key(scope, kind) for kind in kinds]
            arguments = [beginning(scope), ",".join(kinds), *ids, shared]
            return _evaluate(self._run(scope, "read_ids", keys, arguments), query)
        page = plan_page(query)
        if page is not None:
            dead = "1" if query.include_deleted else ""
            limit = str(query.limit or -1)
            arguments = [beginning(scope), names.modified, limit, *page, dead, shared]
            reply = self._run(scope, "read_page", keys_of_page(scope), arguments)
            if reply:
                total, *parts = reply
                # How many match is known: what was left out is not counted here.
                return _evaluate(parts, query)[0], int(total)
        return _evaluate(self._run_read_all(scope, kinds, shared)[1:], query)

    def _run_read_all(self, scope: Scope, kinds: Sequence[str], shared: str) -> Any:
        keys = [key(scope, TIMESTAMP), *(key(scope, kind) for kind in kinds)]
        return self._run(scope, "read_all", keys, [beginning(scope), *kinds, shared])

    def _run(
        self, scope: Scope, script: str, keys: list[str], arguments: list[Any]
    ) -> Any:
        self._moves.prepare(scope)
        reply = self._scripts[script](keys=keys, args=arguments)
        while reply == b"unmoved":
            self._moves.move(scope)
            reply = self._scripts[script](keys=keys, args=arguments)
        if reply == b"unindexed":
            raise _UnindexedError
        return reply


class _UnindexedError(Exception):
    """There is no index of permissions."""


def _evaluate(parts: Sequence[Any], query: Query) -> tuple[list[Record], int]:
    live, *dead = map(_load, parts)
    return evaluate(live, query, *dead)


def _load(array: bytes) -> list[Record]:
    found: list[Record] = serialization.loads_stored(array)
    return found
