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


def build_list(scope: Scope, names: FieldNames, query: Query, limit: int) -> Statement:
    """Read a page, in one row.

    Columns: `records`, a JSON list of `[id, last_modified, data]` (`data` is null for
    tombstones), or NULL if there are none; `total`, how many there are on all pages.
    """
    parameters = Parameters(limit=limit, **scope._asdict())
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
        text = _COUNTED_IF_FULL.format(page=page, total=total)
    else:
        text = f"SELECT ({_RECORDS} FROM ({page}) AS page) AS records, {total} AS total"
    return Statement(text, parameters)


#: Drivers make one text of it much faster than a hundred rows, and it is parsed at
#: once. It is in the order of the page.
_RECORDS = "SELECT CAST(json_agg(json_build_array(id, last_modified, data)) AS text)"

#: A first page that is not full has all that matches: nothing else is counted.
_COUNTED_IF_FULL = f"""WITH page AS MATERIALIZED ({{page}})
SELECT ({_RECORDS} FROM page) AS records,
    CASE WHEN (SELECT count(*) FROM page) < :limit THEN (SELECT count(data) FROM page)
    ELSE {{total}} END AS total"""


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
