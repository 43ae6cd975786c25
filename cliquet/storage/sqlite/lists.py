"""Lists from an SQLite file: a page in the order of an index, or what filters leave.

Where filters and order allow, a page is read in the order of the index by time; else
whatever may match is read, and evaluated as for the engine in memory.
"""

import math
from collections.abc import Sequence
from typing import Any

from cliquet.engines.sql.client import Connection
from cliquet.storage.evaluation import evaluate
from cliquet.storage.query import Filter, Query
from cliquet.storage.sql import present_all
from cliquet.storage.sqlite.filters import SHARED, Conditions
from cliquet.storage.statements import HORIZON, PAIR
from cliquet.types import Record, Timestamp

LIVE = f"SELECT id, last_modified, data FROM records WHERE {PAIR}"
_DEAD = f"SELECT id, last_modified, NULL AS data FROM deleted WHERE {PAIR}"
_SIZE = f"SELECT records FROM timestamps WHERE {PAIR}"
_TOLD = "SELECT ({total}) AS records, ({horizon}) AS horizon"
_NOTHING = "SELECT 0"
_COUNT = f"SELECT count(*) AS records FROM records WHERE {PAIR}"
_SOME = f"SELECT 1 FROM records WHERE {PAIR}"
_COUNT_SOME = "SELECT count(*) AS records FROM ({some} LIMIT :most)"
_COUNT_ENTRIES = f"""SELECT count(*) AS entries FROM
(SELECT 1 FROM access_control_entries WHERE {SHARED} LIMIT :few)"""

#: Records between two timestamps are counted up to here, to estimate what a list takes.
_MOST = 10_000


def read_list(
    connection: Connection, query: Query
) -> tuple[list[Record], int, Timestamp]:
    """Return the records of a list, how many live ones match, and the horizon.

    Each of the last two is 0 unless it is wanted. The horizon is read last: what is
    purged meanwhile may be missing.
    """
    conditions = Conditions(query.names, query.scope._asdict())
    where, others = conditions.on_columns(conditions.take_shared(query.filters))
    if query.is_by_time and not others:
        page = _write_page(conditions, query.rules)
        if page is not None:
            return _read_page(connection, conditions, query, where, page)
    return _read_matching(connection, conditions, query, where, others)


def _write_page(
    conditions: Conditions, rules: Sequence[Sequence[Filter]]
) -> str | None:
    """Write pagination rules; return `None` if they need more than the columns."""
    alternatives = []
    for rule in rules:
        written, others = conditions.on_columns(rule)
        if others:
            return None
        alternatives.append(" AND ".join(written) or "1")
    return f"({' OR '.join(alternatives)})" if alternatives else ""


def _read_page(
    connection: Connection,
    conditions: Conditions,
    query: Query,
    where: list[str],
    page: str,
) -> tuple[list[Record], int, Timestamp]:
    """Read a page in the order of the index."""
    values = {**conditions.values, "limit": query.limit or -1}
    shared = counted = ""
    if conditions.shared is not None:
        shared, counted = _choose_plans(connection, conditions, where, query.limit)
    listed = _joined([*where, shared, page])
    statement = LIVE + listed
    if query.include_deleted:
        statement += f" UNION ALL {_DEAD}{listed}"
    direction = "DESC" if query.order[0].direction < 0 else "ASC"
    statement += f" ORDER BY last_modified {direction}, id LIMIT :limit"
    rows = connection.rows(statement, **values)
    matching = _joined([*where, counted])
    count = _COUNT + matching if matching else _SIZE
    total, horizon = _read_told(
        connection, query, count if query.with_total else "", values
    )
    return present_all(rows, query.names), total, horizon


def _read_told(
    connection: Connection, query: Query, count: str, values: dict[str, Any]
) -> tuple[int, Timestamp]:
    """Read what is told besides the records: how many match, and the horizon."""
    if not count and not query.with_horizon:
        return 0, 0
    horizon = HORIZON if query.with_horizon else "0"
    told = _TOLD.format(total=count or _NOTHING, horizon=horizon)
    row: Any = connection.row(told, **values)
    return row.records or 0, row.horizon


def _choose_plans(
    connection: Connection, conditions: Conditions, where: list[str], limit: int | None
) -> tuple[str, str]:
    """Return the conditions that find shared records, for a page and for the total.

    Starting from permissions if these are few; from records where a page is soon full,
    or where few records are counted.
    """
    values = conditions.values
    some = _COUNT_SOME.format(some=_SOME + _joined(where)) if where else _SIZE
    row = connection.row(some, most=_MOST, **values)
    records = row.records if row else 0
    few = math.isqrt(min(limit or records, records) * records) + 1
    found: Any = connection.row(_COUNT_ENTRIES, few=few, **values)
    are_few = found.entries < few
    return (
        conditions.is_shared(from_permissions=are_few),
        conditions.is_shared(are_few or not where or records == _MOST),
    )


def _read_matching(
    connection: Connection,
    conditions: Conditions,
    query: Query,
    where: list[str],
    others: list[Filter],
) -> tuple[list[Record], int, Timestamp]:
    """Read all that may match, and evaluate it here."""
    exact = [*where, conditions.is_shared(from_permissions=False)]
    # Tombstones have no document.
    live = _joined(conditions.on_document(others) + exact)
    statement, values = LIVE + live, conditions.values
    if query.include_deleted:
        statement += f" UNION ALL {_DEAD}{_joined(exact)}"
    rows = connection.rows(statement, **values)
    found = present_all((row for row in rows if row[2] is not None), query.names)
    dead = present_all((row for row in rows if row[2] is None), query.names)
    _, horizon = _read_told(connection, query, "", values)
    return (*evaluate(found, query._replace(filters=others), dead), horizon)


def _joined(conditions: list[str]) -> str:
    return "".join(f" AND {condition}" for condition in conditions if condition)
