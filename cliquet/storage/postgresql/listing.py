"""How is a list asked for in one statement?

Filters, order, page and count are all the database's work. A list of records and
tombstones reads a page of each, by its own index, and merges the two.
"""

from typing import NamedTuple

from cliquet.storage.evaluation import total_order
from cliquet.storage.postgresql.conditions import MODIFIED, Conditions, Parameters
from cliquet.storage.query import FieldNames, Query, Scope
from cliquet.storage.sql import PAIR

COLUMNS = f"id, {MODIFIED} AS last_modified"
SIZE = f"SELECT records AS total FROM timestamps WHERE {PAIR}"


class Statement(NamedTuple):
    """SQL that reads a page in one row, or row by row, and the values that it needs.

    Columns of the row: `records`, a JSON list of `[id, last_modified, data]` (`data` is
    null for tombstones), NULL if they are too large for one text; `total`, how many
    there are on all pages. Columns of the rows: those three.
    """

    text: str
    rows: str
    parameters: Parameters


def build_list(scope: Scope, names: FieldNames, query: Query, limit: int) -> Statement:
    """Read a page."""
    parameters = Parameters(limit=limit, large=_LARGE, **scope._asdict())
    total = f"COALESCE(({_count(parameters, names, query)}), 0)"
    live = Conditions(parameters, names)
    order = live.order(total_order(query.sorting, names))
    if query.include_deleted:
        document = parameters.bind_json({names.deleted: True})
        dead = Conditions(parameters, names, data=document)
        arms = [
            _arm("records", "data", live, names, query),
            _arm("deleted", "CAST(NULL AS jsonb)", dead, names, query),
        ]
        ways = [part.rpartition(" ")[2] for part in order]
        order = [f"key_{number} {way}" for number, way in enumerate(ways)]
        columns = "id, last_modified, data"
        rows = f"FROM ({' UNION ALL '.join(arms)}) AS found"
    else:
        columns = f"{COLUMNS}, data"
        where = [PAIR, *live.filters(query.filters), *live.page(query.rules)]
        rows = f"FROM records WHERE {' AND '.join(where)}"
    page = f"SELECT {columns} {rows} ORDER BY {', '.join(order)} LIMIT :limit"
    if query.filters and not query.rules:
        total = _COUNTED_IF_FULL.format(total=total)
    return Statement(
        _ONE_ROW.format(page=page, total=total), _ROWS.format(page=page), parameters
    )


#: Bytes of documents, compressed, from which on a page is read row by row: PostgreSQL
#: makes no text of more than 1 GB, and compresses to 1/255 at best.
_LARGE = 4_000_000

#: Drivers make one text of it much faster than a hundred rows, and it is parsed at
#: once. It is in the order of the page.
_ONE_ROW = """WITH page AS MATERIALIZED ({page})
SELECT CASE WHEN (SELECT sum(pg_column_size(data)) FROM page) > :large THEN NULL
    ELSE COALESCE((SELECT CAST(json_agg(json_build_array(id, last_modified, data))
    AS text) FROM page), '[]') END AS records, {total} AS total"""

_ROWS = """SELECT id, last_modified, CAST(data AS text) AS data
FROM ({page}) AS page"""

#: A first page that is not full has all that matches: nothing else is counted.
_COUNTED_IF_FULL = """CASE WHEN (SELECT count(*) FROM page) < :limit
    THEN (SELECT count(data) FROM page) ELSE {total} END"""


def _arm(
    table: str, data: str, conditions: Conditions, names: FieldNames, query: Query
) -> str:
    order = conditions.order(total_order(query.sorting, names))
    keys = [
        f"{part.rpartition(' ')[0]} AS key_{number}"
        for number, part in enumerate(order)
    ]
    where = [
        PAIR, *conditions.filters(query.filters), *conditions.page(query.rules)
    ]  # fmt: skip
    return (
        f"(SELECT {COLUMNS}, {data} AS data, {', '.join(keys)} FROM {table}"
        f" WHERE {' AND '.join(where)} ORDER BY {', '.join(order)} LIMIT :limit)"
    )


def _count(parameters: Parameters, names: FieldNames, query: Query) -> str:
    filters = Conditions(parameters, names).filters(query.filters)
    if not filters:
        return SIZE
    where = " AND ".join([PAIR, *filters])
    return f"SELECT count(*) AS total FROM records WHERE {where}"
