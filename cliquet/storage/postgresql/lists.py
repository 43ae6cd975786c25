"""The statement that reads a list: its page, and how many records match.

Filters, order, page and count are all the database's work. A list of records and
tombstones reads a page of each, by its own index, and merges the two.
"""

from collections.abc import Sequence
from typing import NamedTuple

from cliquet.storage.postgresql.filters import MODIFIED, Conditions, Parameters
from cliquet.storage.postgresql.totals import reads_more, write_total
from cliquet.storage.query import Query
from cliquet.storage.statements import HORIZON, PAIR

#: Bytes of documents, compressed, from which on a page is read row by row: PostgreSQL
#: makes no text of more than 1 GB, and compresses to 1/255 at best.
_LARGE = 4_000_000

#: Drivers make one text of it much faster than a hundred rows, and it is parsed at
#: once. It is in the order of the page.
_ONE_ROW = """
    WITH {found} page AS MATERIALIZED ({page})
    SELECT CASE
        WHEN (SELECT sum(pg_column_size(data)) FROM page) > :large THEN NULL
        ELSE COALESCE((
            SELECT CAST(json_agg(json_build_array(id, last_modified, data)) AS text)
            FROM page), '[]')
        END AS records,
        {total} AS total, {horizon} AS horizon"""

_ROWS = """
    {found} SELECT id, last_modified, CAST(data AS text) AS data
    FROM ({page}) AS page"""

#: What matches, of which the page is the beginning.
_FOUND = "found AS MATERIALIZED {part}"


#: Expressions, each with its direction.
_Order = Sequence[tuple[str, str]]


class Statement(NamedTuple):
    """SQL that reads a page, and the values that it needs.

    Attributes:
        text: Reads it in one row. Columns: `records`, a JSON list of `[id,
            last_modified, data]` where `data` is null for tombstones, or NULL if they
            are too large for one text; `total`, how many live records match; `horizon`.
        rows: Reads it row by row, those three being columns.
        horizon: Reads the horizon alone.
    """

    text: str
    rows: str
    horizon: str
    parameters: Parameters


def build_list(query: Query, limit: int) -> Statement:
    """Build the statement of a list of at most `limit` records."""
    parameters = Parameters(limit=limit, large=_LARGE, **query.scope._asdict())
    live = Conditions(parameters, query.names)
    filters = live.filters(query.filters)
    more = reads_more(query, limit)
    total = "0"
    if query.with_total:
        total = write_total(query, parameters, _where(filters), reads_more=more)
    where = _where(filters, live.page(query.rules))
    order = live.order(query.order)
    found = ""
    if more:
        part = _write_part("records", "data", where, order, limit=":some")
        found = _FOUND.format(part=part)
    if more or query.include_deleted:
        first = "(SELECT * FROM found)"
        if not more:
            first = _write_part("records", "data", where, order)
        page = _write_merged_page(query, parameters, first, order)
    else:
        page = (
            f"SELECT id, {MODIFIED} AS last_modified, data FROM records"
            f" WHERE {where} ORDER BY {_ordered(order)} LIMIT :limit"
        )
    horizon = HORIZON if query.with_horizon else "0"
    text = _ONE_ROW.format(
        found=found and f"{found},", page=page, total=total, horizon=horizon
    )
    rows = _ROWS.format(found=found and f"WITH {found}", page=page)
    return Statement(text, rows, f"SELECT {horizon} AS horizon", parameters)


def _write_merged_page(
    query: Query, parameters: Parameters, live: str, order: _Order
) -> str:
    """Write the page of what is live, and of tombstones if they are wanted."""
    parts = [live]
    if query.include_deleted:
        document = parameters.bind_json({query.names.deleted: True})
        dead = Conditions(parameters, query.names, data=document)
        where = _where(dead.filters(query.filters), dead.page(query.rules))
        nothing = "CAST(NULL AS jsonb)"
        parts.append(_write_part("deleted", nothing, where, dead.order(query.order)))
    keys = [(f"key_{number}", direction) for number, (_, direction) in enumerate(order)]
    return (
        f"SELECT id, last_modified, data FROM ({' UNION ALL '.join(parts)}) AS entries"
        f" ORDER BY {_ordered(keys)} LIMIT :limit"
    )


def _write_part(
    table: str, data: str, where: str, order: _Order, limit: str = ":limit"
) -> str:
    keys = [f"{key} AS key_{number}" for number, (key, _) in enumerate(order)]
    return (
        f"(SELECT id, {MODIFIED} AS last_modified, {data} AS data, {', '.join(keys)}"
        f" FROM {table} WHERE {where} ORDER BY {_ordered(order)} LIMIT {limit})"
    )


def _ordered(order: _Order) -> str:
    return ", ".join(f"{key} {direction}" for key, direction in order)


def _where(filters: list[str], page: Sequence[str] = ()) -> str:
    return " AND ".join([PAIR, *filters, *page])
