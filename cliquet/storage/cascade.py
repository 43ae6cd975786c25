"""What is deleted with the records that it is below: all of some parents at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from cliquet.engines.overrides import function_of, takes_keyword
from cliquet.storage.hooks import Maintenance
from cliquet.storage.query import FieldNames, Scope
from cliquet.timestamps import next_timestamp
from cliquet.types import Record, Timestamp

Method = TypeVar("Method", bound=Callable[..., Any])

_AS_WRITTEN: set[Callable[..., Any]] = set()


def is_stood_for(method: Method) -> Method:
    """Note a method for which `delete_of_parents` stands, unless it is overridden."""
    _AS_WRITTEN.add(method)
    return method


class Deletion(NamedTuple):
    """What was deleted of one collection of one parent.

    Attributes:
        scope: The collection.
        timestamp: That of the collection before.
        tombstones: Each with a timestamp of its own, oldest first.
        records: What they stand for.
    """

    scope: Scope
    timestamp: Timestamp
    tombstones: list[Record]
    records: list[Record]


class Cascades(Maintenance):
    """Deletion of the records of many parents.

    They were below records that are deleted: nobody creates others meanwhile, as
    `Condition.parent` does not hold any more.
    """

    def find_parents(
        self, collection_id: str, beginnings: Sequence[str]
    ) -> Sequence[str]:
        """Return the parents of a collection whose ids begin with one of some texts."""
        started = tuple(beginnings)
        return [
            scope.parent_id
            for scope in self.scopes()
            if scope.collection_id == collection_id
            and scope.parent_id.startswith(started)
        ]

    def delete_of_parents(
        self,
        collection_id: str,
        parent_ids: Sequence[str],
        id_field: str = "id",
        modified_field: str = "last_modified",
        deleted_field: str = "deleted",
        auth: str | None = None,
    ) -> list[Deletion]:
        """Delete all records of some parents, and leave tombstones.

        Returns:
            What was deleted, of those parents that had any record.
        """
        names = FieldNames(id_field, modified_field, deleted_field)
        if function_of(self, "delete_all") not in _AS_WRITTEN:
            # Whoever overrides it expects it to be called.
            return _one_by_one(self, collection_id, parent_ids, names, auth)
        return self._delete_of_parents(collection_id, parent_ids, names)

    def _delete_of_parents(
        self, collection_id: str, parent_ids: Sequence[str], names: FieldNames
    ) -> list[Deletion]:
        """Do the work of `delete_of_parents`: a hook for engines that do it at once."""
        return _one_by_one(self, collection_id, parent_ids, names, None)


def _one_by_one(
    storage: Any,
    collection_id: str,
    parent_ids: Sequence[str],
    names: FieldNames,
    auth: str | None,
) -> list[Deletion]:
    """Delete the records of one parent after the other."""
    fields = {f"{field}_field": name for field, name in names._asdict().items()}
    reads_only = takes_keyword(storage, "collection_timestamp", "initialize")
    tells = takes_keyword(storage, "delete_all", "before")
    deletions = []
    for parent_id in parent_ids:
        place: dict[str, Any] = {
            "collection_id": collection_id,
            "parent_id": parent_id,
            "auth": auth,
        }
        initialize = {"initialize": False} if reads_only else {}
        timestamp = storage.collection_timestamp(**place, **initialize)
        records: list[Record] = []
        if not tells:
            # One of 3.1: it cannot tell in the same step.
            records, _ = storage.get_all(**place, **fields)
        before = {"before": records} if tells else {}
        tombstones = storage.delete_all(**place, **fields, **before)
        if tombstones:
            scope = Scope(collection_id, parent_id)
            deletions.append(Deletion(scope, timestamp, tombstones, records))
    return deletions


def first_timestamps(
    locked: Iterable[tuple[str, Timestamp | None]], now: Timestamp
) -> dict[str, Timestamp]:
    """Return the timestamps that the first tombstones of some parents get.

    Args:
        locked: Parents, with the timestamps of their collections.
        now: The current time.
    """
    return {
        parent_id: next_timestamp(timestamp or None, None, now).collection
        for parent_id, timestamp in locked
    }


def gathered(
    rows: Iterable[tuple[str, Timestamp, Record]],
    collection_id: str,
    times: Mapping[str, Timestamp],
    names: FieldNames,
) -> list[Deletion]:
    """Return what was deleted, by parent.

    Args:
        rows: Parents, timestamps of tombstones and records, in order.
        collection_id: The collection.
        times: Timestamps of the collections before, by parent.
        names: Of the fields.
    """
    found: dict[str, Deletion] = {}
    for parent_id, timestamp, record in rows:
        deletion = found.get(parent_id)
        if deletion is None:
            scope = Scope(collection_id, parent_id)
            deletion = found[parent_id] = Deletion(scope, times[parent_id], [], [])
        deletion.tombstones.append(names.tombstone(record[names.id], timestamp))
        deletion.records.append(record)
    return list(found.values())
