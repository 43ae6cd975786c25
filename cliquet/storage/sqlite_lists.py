"""What has to be read from an SQLite file for a list?

A page, in the order of the index by time, where filters and order allow; else what
filters leave of the collection, evaluated as for the engine in memory.
"""

import math
from collections.abc import Sequence
from typing import Any

from cliquet.backends.sql import Connection
from cliquet.storage.evaluation import evaluate, total_order
from cliquet.storage.query import FieldNames, Filter, Query, Scope, Sort
from cliquet.storage.sql import PAIR, present_all
from cliquet.storage.sqlite_conditions import GRANTED, Conditions
from cliquet.types import Record

LIVE = f"SELECT id, last_modified, data FROM records WHERE {PAIR}"
DEAD = f"SELECT id, last_modified, NULL AS data FROM deleted WHERE {PAIR}"
SIZE = f"SELECT records FROM timestamps WHERE {PAIR}"
COUNT = f"SELECT count(*) AS records FROM records WHERE {PAIR}"
SOME = f"""SELECT count(*) AS records FROM
(SELECT 1 FROM records WHERE {PAIR}{{where}} LIMIT :most)"""
GRANTS = f"""SELECT count(*) AS grants FROM
(SELECT 1 FROM access_control_entries WHERE {GRANTED} LIMIT :few)"""

#: Records between two timestamps are counted up to here, to estimate what a list takes.
_MOST = 10_000


def read_list(
    connection: Connection, client: Any, scope: Scope, names: FieldNames, query: Query
) -> tuple[list[Record], int]:
    """Read a list, and how many live records match its filters."""
    conditions = Conditions(names, client, dict(scope._asdict()))
    where, others = conditions.on_columns(conditions.take_grants(query.filters))
    order = total_order(query.sorting, names)
    page = None
    if (
        not others
        and order[0].field == names.modified
        and order[1:] == [Sort(names.id, 1)]
    ):
        page = _page(conditions, query.rules)
    if page is not None:
        return _read_page(connection, conditions, names, query, where, page)
    return _read_matching(connection, conditions, names, query, where, others)


def _page(conditions: Conditions, rules: Sequence[Sequence[Filter]]) -> str | None:
    """Write pagination rules, None if they depend on more than the columns."""
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
    names: FieldNames,
    query: Query,
    where: list[str],
    page: str,
) -> tuple[list[Record], int]:
    """Read a page in the order of the index."""
    values = {**conditions.values, "limit": query.limit or -1}
    granted = counted = ""
    if conditions.grants is not None:
        granted, counted = _ways(connection, conditions, where, query.limit)
    matching = _joined([*where, counted])
    total = connection.row(COUNT + matching if matching else SIZE, **values)
    listed = _joined([*where, granted, page])
    statement = LIVE + listed
    if query.include_deleted:
        statement += f" UNION ALL {DEAD}{listed}"
    direction = "DESC" if total_order(query.sorting, names)[0].direction < 0 else "ASC"
    statement += f" ORDER BY last_modified {direction}, id LIMIT :limit"
    rows = connection.rows(statement, **values)
    return present_all(rows, names), total.records if total else 0


def _ways(
    connection: Connection, conditions: Conditions, where: list[str], limit: int | None
) -> tuple[str, str]:
    """Tell how to find what is shared for a page, and for the total.

    From the grants if these are few; a page that is soon full, or the count of few
    records, from the records.
    """
    values = conditions.values
    measured = SOME if where else SIZE
    row = connection.row(measured.format(where=_joined(where)), most=_MOST, **values)
    records = row.records if row else 0
    few = math.isqrt(min(limit or records, records) * records) + 1
    found: Any = connection.row(GRANTS, few=few, **values)
    are_few = found.grants < few
    return (
        conditions.granted(by_grants=are_few),
        conditions.granted(by_grants=are_few or not where or records == _MOST),
    )


def _read_matching(
    connection: Connection,
    conditions: Conditions,
    names: FieldNames,
    query: Query,
    where: list[str],
    others: list[Filter],
) -> tuple[list[Record], int]:
    """Read all that may match, and look at it here."""
    # Tombstones have no document.
    exact = [*where, conditions.granted(by_grants=False)]
    live = _joined(conditions.on_document(others) + exact)
    statement, values = LIVE + live, conditions.values
    if query.include_deleted:
        statement += f" UNION ALL {DEAD}{_joined(exact)}"
    rows = connection.rows(statement, **values)
    found = present_all((row for row in rows if row[2] is not None), names)
    dead = present_all((row for row in rows if row[2] is None), names)
    return evaluate(found, names, query._replace(filters=others), dead)


def _joined(conditions: list[str]) -> str:
    return "".join(f" AND {condition}" for condition in conditions if condition)
