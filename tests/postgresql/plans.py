"""What the planner of PostgreSQL makes of a list."""

from collections.abc import Iterator
from typing import Any

from cliquet.storage.postgresql import Storage
from cliquet.storage.postgresql.lists import build_list
from cliquet.storage.query import Query

Node = dict[str, Any]


def explain(storage: Storage, query: Query, limit: int = 100) -> list[Node]:
    """Run the statement of a list; all nodes of its plan."""
    statement = build_list(query, limit)
    with storage.client.connect(readonly=True) as connection:
        row: Any = connection.row(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}",
            **statement.parameters.values,
        )
    return list(_nodes(row[0][0]["Plan"]))


def _nodes(plan: Node) -> Iterator[Node]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def rows_read(plan: list[Node], table: str) -> int:
    """Return how many rows of a table were looked at, those too that did not match."""
    kinds = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(
        round(node["Actual Loops"])
        * round(node["Actual Rows"] + sum(node.get(kind, 0) for kind in kinds))
        for node in plan
        if node.get("Relation Name") == table
    )
