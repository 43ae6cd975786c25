"""How many records match the filters of a list, in the SQL of PostgreSQL.

To count reads all that matches, and without an index on the filtered fields the whole
collection. So nothing is counted that is known already: from a page that is not full,
from a few records more than the page has, or from those that a poll leaves out.
"""

from cliquet.engines.shared_ids import SharedIds
from cliquet.storage.postgresql.filters import MODIFIED, Parameters, is_timestamp
from cliquet.storage.query import Query
from cliquet.storage.rules import bounds, is_bound
from cliquet.storage.statements import PAIR
from cliquet.types import Timestamp

#: Records that are read for a page of fewer, if filters may leave no more. To read many
#: more would make lists slow of which most records match: the planner would not expect
#: to find as many soon, and read the whole collection.
SOME = 250

#: How many records at most are left out by a poll, to be counted instead of the others.
_LEFT_OUT = 1000

#: How many records a collection has is counted by those who write.
_SIZE = f"COALESCE((SELECT records FROM timestamps WHERE {PAIR}), 0)"

_COUNT = "(SELECT count(*) FROM records WHERE {where})"

#: A first page that is not full has all that matches: nothing else is counted.
_COUNT_IF_FULL = """CASE WHEN (SELECT count(*) FROM page) < :limit
        THEN (SELECT count(data) FROM page) ELSE {count} END"""

#: Nor is it if `found` has all of them, which is read once for the page and for this.
_COUNT_IF_MANY = """CASE WHEN (SELECT count(*) FROM found) < :some
        THEN (SELECT count(*) FROM found) ELSE {count} END"""

#: A poll from the beginning leaves out nothing: to count all others would read them.
#: What is left out is counted once (`MATERIALIZED`).
_SUBTRACT_IF_FEW = """(WITH outside AS MATERIALIZED (SELECT {outside} AS records)
        SELECT CASE WHEN records < :left_out THEN {size} - records ELSE {count} END
        FROM outside)"""
_OUTSIDE = f"""(SELECT count(*) FROM (SELECT FROM records
        WHERE {PAIR} AND {MODIFIED} {{operator}} {{bound}}
        ORDER BY {MODIFIED} DESC LIMIT :left_out) AS others)"""


def reads_more(query: Query, limit: int) -> bool:
    """Return whether more records are read than the page has, to know the total.

    Where filters look into documents, and so few may match that a second search for
    them is saved. Names of shared records have their own table.

    Args:
        query: The list.
        limit: Of the page.
    """
    looks_inside = any(
        item.field != query.names.modified and not isinstance(item.value, SharedIds)
        for item in query.filters
    )
    return query.with_total and not query.rules and looks_inside and limit < SOME


def write_total(
    query: Query, parameters: Parameters, where: str, *, reads_more: bool
) -> str:
    """Write how many live records match.

    Args:
        query: The list.
        parameters: Where values are added.
        where: All that live records must fulfil.
        reads_more: There is `found`, of `some` records that match; always `page`.
    """
    if not query.filters:
        return _SIZE
    count = _write_difference(query, parameters, _COUNT.format(where=where))
    if reads_more:
        parameters.values["some"] = SOME
        return _COUNT_IF_MANY.format(count=count)
    return count if query.rules else _COUNT_IF_FULL.format(count=count)


def _write_difference(query: Query, parameters: Parameters, count: str) -> str:
    """Write the size less what is left out, where that may be less to count."""
    if not all(
        is_bound(item, query.names.modified) and is_timestamp(item.value)
        for item in query.filters
    ):
        return count
    low, high = bounds(query.filters, query.names.modified)
    if low is not None and high is not None and low > high:
        return count
    parameters.values["left_out"] = _LEFT_OUT
    ends: list[tuple[str, Timestamp | None]] = [("<", low), (">", high)]
    parts = [
        _OUTSIDE.format(operator=operator, bound=parameters.bind(bound, "bigint"))
        for operator, bound in ends
        if bound is not None
    ]
    outside = " + ".join(parts)
    return _SUBTRACT_IF_FEW.format(size=_SIZE, count=count, outside=outside)
