"""The statement that reads a list: its page, and how many records match.

Filters, order, page and count are all the database's work. A list of records and
tombstones reads a page of each, by its own index, and merges the two.
"""

from collections.abc import Sequence
from typing import NamedTuple

from cliquet.storage.postgresql.filters import MODIFIED, Conditions, Parameters
from cliquet.storage.query import Query
from cliquet.storage.sql import PAIR

#: Bytes of documents, compressed, from which on a page is read row by row: PostgreSQL
#: makes no text of more than 1 GB, and compresses to 1/255 at best.
_LARGE = 4_000_000

#: Drivers make one text of it much faster than a hundred rows, and it is parsed at
#: once. It is in the order of the page.
_ONE_ROW = """
    WITH page AS MATERIALIZED ({page})
    SELECT CASE
        WHEN (SELECT sum(pg_column_size(data)) FROM page) > :large THEN NULL
        ELSE COALESCE((
            SELECT CAST(json_agg(json_build_array(id, last_modified, data)) AS text)
            FROM page), '[]')
        END AS records,
        {total} AS total"""

_ROWS = """
    SELECT id, last_modified, CAST(data AS text) AS data FROM ({page}) AS page"""

#: How many records a collection has is counted by a trigger.
_SIZE = f"COALESCE((SELECT records FROM timestamps WHERE {PAIR}), 0)"

_COUNT = "(SELECT count(*) FROM records WHERE {where})"

#: A first page that is not full has all that matches: nothing else is counted.
_COUNT_IF_FULL = """CASE WHEN (SELECT count(*) FROM page) < :limit
        THEN (SELECT count(data) FROM page) ELSE {count} END"""


#: Expressions, each with its direction.
_Order = Sequence[tuple[str, str]]


class Statement(NamedTuple):
    """SQL that reads a page, and the values that it needs.

    Attributes:
        text: Reads it in one row. Columns: `records`, a JSON list of `[id,
            last_modified, data]` where `data` is null for tombstones, or NULL if they
            are too large for one text; `total`, how many live records match.
        rows: Reads it row by row, those three being columns.
    """

    text: str
    rows: str
    parameters: Parameters


def build_list(query: Query, limit: int) -> Statement:
    """Build the statement of a list of at most `limit` records."""
    parameters = Parameters(limit=limit, large=_LARGE, **query.scope._asdict())
    live = Conditions(parameters, query.names)
    filters = live.filters(query.filters)
    total = _write_total(query, filters)
    where = _where(filters, live.page(query.rules))
    order = live.order(query.order)
    if query.include_deleted:
        page = _write_merged_page(query, parameters, where, order)
    else:
        page = (
            f"SELECT id, {MODIFIED} AS last_modified, data FROM records"
            f" WHERE {where} ORDER BY {_ordered(order)} LIMIT :limit"
        )
    text = _ONE_ROW.format(page=page, total=total)
    return Statement(text, _ROWS.format(page=page), parameters)


def _write_total(query: Query, filters: list[str]) -> str:
    count = _COUNT.format(where=_where(filters)) if filters else _SIZE
    if query.filters and not query.rules:
        return _COUNT_IF_FULL.format(count=count)
    return count


def _write_merged_page(
    query: Query, parameters: Parameters, where: str, order: _Order
) -> str:
    document = parameters.bind_json({query.names.deleted: True})
    dead = Conditions(parameters, query.names, data=document)
    dead_where = _where(dead.filters(query.filters), dead.page(query.rules))
    parts = [
        _write_part("records", "data", where, order),
        _write_part(
            "deleted", "CAST(NULL AS jsonb)", dead_where, dead.order(query.order)
        ),
    ]
    keys = [(f"key_{number}", direction) for number, (_, direction) in enumerate(order)]
    return (
        f"SELECT id, last_modified, data FROM ({' UNION ALL '.join(parts)}) AS found"
        f" ORDER BY {_ordered(keys)} LIMIT :limit"
    )


def _write_part(table: str, data: str, where: str, order: _Order) -> str:
    keys = [f"{key} AS key_{number}" for number, (key, _) in enumerate(order)]
    return (
        f"(SELECT id, {MODIFIED} AS last_modified, {data} AS data, {', '.join(keys)}"
        f" FROM {table} WHERE {where} ORDER BY {_ordered(order)} LIMIT :limit)"
    )


def _ordered(order: _Order) -> str:
    return ", ".join(f"{key} {direction}" for key, direction in order)


def _where(filters: list[str], page: Sequence[str] = ()) -> str:
    return " AND ".join([PAIR, *filters, *page])
