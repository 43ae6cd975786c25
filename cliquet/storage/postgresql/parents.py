"""One collection of many parents: which there are; their records deleted at once."""

from collections.abc import Sequence
from typing import Any

from cliquet.engines.sql.client import Connection
from cliquet.storage.cascade import Deletion, first_timestamps, gathered
from cliquet.storage.query import FieldNames
from cliquet.storage.sql import present

_LOCK = """
    SELECT parent_id, as_epoch(last_modified) AS last_modified, current_epoch() AS now
    FROM timestamps WHERE collection_id = :collection_id
    AND parent_id = ANY(CAST(:parent_ids AS text[]))
    ORDER BY parent_id COLLATE "C" FOR UPDATE"""
"""Lock a collection of some parents."""

_FIND = """
    SELECT parent_id FROM timestamps WHERE collection_id = :collection_id
    AND EXISTS (
        SELECT FROM unnest(CAST(:beginnings AS text[])) AS beginning
        WHERE starts_with(parent_id, beginning))"""
"""Parents of a collection whose ids begin with one of some texts."""


def find(
    connection: Connection, collection_id: str, beginnings: Sequence[str]
) -> list[str]:
    """Return the parents whose ids begin with one of some texts."""
    values = {"collection_id": collection_id, "beginnings": list(beginnings)}
    return [row.parent_id for row in connection.rows(_FIND, **values)]


def delete(
    connection: Connection,
    statement: str,
    collection_id: str,
    parent_ids: Sequence[str],
    names: FieldNames,
) -> list[Deletion]:
    """Delete the records of parents.

    Args:
        connection: In a transaction.
        statement: That deletes those of parents which are locked.
        collection_id: Of the records.
        parent_ids: Any number.
        names: Of fields of the records.
    """
    values: dict[str, Any] = {
        "collection_id": collection_id,
        "parent_ids": list(parent_ids),
    }
    locked = connection.rows(_LOCK, **values)
    if not locked:
        return []
    times = {row.parent_id: row.last_modified for row in locked}
    firsts = first_timestamps(times.items(), locked[-1].now)
    values |= {"parent_ids": list(firsts), "firsts": list(firsts.values())}
    rows = connection.rows(statement, **values)
    deleted = ((row[0], row[1], present(row[2:], names)) for row in rows)
    return gathered(deleted, collection_id, times, names)
