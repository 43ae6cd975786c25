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
    """SQL, and the values that it needs."""

    text: str
    parameters: Parameters


def build_count(scope: Scope, names: FieldNames, query: Query) -> Statement:
    """Count the live records that match the filters (column `total`)."""
    parameters = Parameters(**scope._asdict())
    return Statement(_count(parameters, names, query), parameters)


def build_list(scope: Scope, names: FieldNames, query: Query, limit: int) -> Statement:
    """Read a page, the total being repeated in each row.

    Columns: `id`, `last_modified`, `data` (NULL for tombstones), `total`.
    """
    parameters = Parameters(limit=limit, **scope._asdict())
    total = f"COALESCE(({_count(parameters, names, query)}), 0)"
    live = Conditions(parameters, names)
    order = live.order(total_order(query.sorting, names))
    if query.include_deleted:
        document = parameters.bind_json({names.deleted: True})
        dead = Conditions(parameters, names, data=document)
        arms = [
            _arm("records", "data::text", live, names, query),
            _arm("deleted", "NULL", dead, names, query),
        ]
        ways = [part.rpartition(" ")[2] for part in order]
        order = [f"key_{number} {way}" for number, way in enumerate(ways)]
        columns = "id, last_modified, data"
        rows = f"FROM ({' UNION ALL '.join(arms)}) AS found"
    else:
        columns = f"{COLUMNS}, data::text AS data"
        where = [PAIR, *live.filters(query.filters), *live.page(query.rules)]
        rows = f"FROM records WHERE {' AND '.join(where)}"
    keys = ", ".join(order)
    if query.filters and not query.rules:
        text = _COUNTED_IF_FULL.format(
            columns=columns, rows=rows, keys=keys, total=total
        )
    else:
        text = f"SELECT {columns}, {total} AS total {rows} ORDER BY {keys} LIMIT :limit"
    return Statement(text, parameters)


#: A first page that is not full has all that matches: nothing else is counted.
_COUNTED_IF_FULL = """WITH page AS MATERIALIZED (
    SELECT {columns}, row_number() OVER (ORDER BY {keys}) AS place
    {rows} ORDER BY {keys} LIMIT :limit)
SELECT id, last_modified, data,
    CASE WHEN (SELECT count(*) FROM page) < :limit THEN (SELECT count(data) FROM page)
    ELSE {total} END AS total
FROM page ORDER BY place"""


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
