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
from cliquet.storage.redis.keys import DEAD, LIVE, TIMESTAMP, Keys
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


def with_horizon(script: str) -> str:
    """Return the name of a script that reads the horizon of the collection, too."""
    return f"{script} with horizon"


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
        keys: Names keys.
        moves: Moves what 3.1.x left elsewhere.
    """

    def __init__(
        self, scripts: dict[str, Callable[..., Any]], keys: Keys, moves: Moves
    ) -> None:
        self._scripts = scripts
        self._keys = keys
        self._moves = moves

    def read(self, query: Query) -> tuple[list[Record], int, Timestamp]:
        """Return the records of a list, how many live ones match, and the horizon."""
        shared, others = take_shared(query.filters, query.names.id)
        if shared is not None:
            narrowed = query._replace(filters=others)
            described = shared.value.described
            try:
                if self._keys.is_shared_with(query.scope, described.prefix):
                    argument = as_argument(described, self._keys.tag(query.scope))
                    return self._read(narrowed, argument)
            except _UnindexedError:
                # Reading the ids builds the index of permissions.
                pass
            listed = shared._replace(value=list(shared.value))
            query = query._replace(filters=[*others, listed])
        return self._read(query)

    def read_all(
        self, scope: Scope, kinds: Sequence[str]
    ) -> tuple[Timestamp | None, list[list[Record]]]:
        """Read the timestamp of a collection, and all of its records, by kind."""
        current, *parts = self._run_read_all(scope, kinds, "")[0]
        return None if current is None else int(current), [*map(_load, parts)]

    def _read(
        self, query: Query, shared: str = ""
    ) -> tuple[list[Record], int, Timestamp]:
        scope, names = query.scope, query.names
        kinds = (LIVE, DEAD) if query.include_deleted else (LIVE,)
        ids = wanted_ids(query.filters, names.id)
        if ids is not None:
            keys = [self._keys.key(scope, kind) for kind in kinds]
            arguments = [self._keys.beginning(scope), ",".join(kinds), *ids, shared]
            reply, horizon = self._run(
                scope, "read_ids", keys, arguments, query.with_horizon
            )
            return (*_evaluate(reply, query), horizon)
        page = plan_page(query)
        if page is not None:
            options = (query.include_deleted, query.with_total)
            wanted = ["1" if option else "" for option in options]
            limit = str(query.limit or -1)
            first = [self._keys.beginning(scope), names.modified, limit]
            arguments, keys = (
                [*first, *page, *wanted, shared],
                self._keys.of_page(scope),
            )
            reply, horizon = self._run(
                scope, "read_page", keys, arguments, query.with_horizon
            )
            if reply:
                total, *parts = reply
                # How many match is known: what was left out is not counted here.
                return _evaluate(parts, query)[0], int(total), horizon
        reply, horizon = self._run_read_all(scope, kinds, shared, query.with_horizon)
        return (*_evaluate(reply[1:], query), horizon)

    def _run_read_all(
        self, scope: Scope, kinds: Sequence[str], shared: str, tell: bool = False
    ) -> tuple[Any, Timestamp]:
        keys = [self._keys.key(scope, kind) for kind in (TIMESTAMP, *kinds)]
        arguments = [self._keys.beginning(scope), *kinds, shared]
        return self._run(scope, "read_all", keys, arguments, tell)

    def _run(
        self,
        scope: Scope,
        script: str,
        keys: list[str],
        arguments: list[Any],
        tell: bool,
    ) -> tuple[Any, Timestamp]:
        """Run a script; return its reply, and the horizon if it is to be told."""
        horizon: Any = 0
        apart: list[str] = []
        if tell:
            arguments = [len(keys), len(arguments), *arguments]
            own, of_all = self._keys.of_horizons(scope)
            # In a cluster, another node may have it.
            apart = [] if self._keys.are_together([own, of_all]) else [of_all]
            told = [own] if apart else [own, of_all]
            keys, script = [*keys, *told], with_horizon(script)
        self._moves.prepare(scope)
        while True:
            reply = self._scripts[script](keys=keys, args=arguments)
            if tell:
                reply, horizon = reply
            if reply != b"unmoved":
                break
            self._moves.move(scope)
        if reply == b"unindexed":
            raise _UnindexedError
        if apart:
            horizon = max(int(horizon), int(self._scripts["horizon"](keys=apart)))
        return reply, int(horizon)


class _UnindexedError(Exception):
    """There is no index of permissions."""


def _evaluate(parts: Sequence[Any], query: Query) -> tuple[list[Record], int]:
    live, *dead = map(_load, parts)
    return evaluate(live, query, *dead)


def _load(array: bytes) -> list[Record]:
    found: list[Record] = serialization.loads_stored(array)
    return found
