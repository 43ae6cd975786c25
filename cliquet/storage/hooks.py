"""The methods that an engine of a storage implements, and those for its upkeep."""

import sys
from collections.abc import Iterable, Iterator, Sequence

from cliquet.storage.answers import KeptAnswers
from cliquet.storage.query import Condition, FieldNames, Query, Scope, Write
from cliquet.storage.transfer import Transfer
from cliquet.types import Record, Timestamp

__all__ = ["StorageHooks"]


class StorageHooks:
    """Hooks of `StorageBase`, which folds the arguments of its methods into a value.

    Each of them is atomic, shares no nested value of a record with its caller, and
    raises `BackendError` if the engine fails.
    """

    def _flush(self) -> None:
        """Delete all records, tombstones, timestamps and kept answers."""
        raise NotImplementedError

    def _timestamp(self, scope: Scope) -> Timestamp | None:
        """Return the timestamp of a collection, `None` if it was never used."""
        raise NotImplementedError

    def _initialize_timestamp(self, scope: Scope) -> Timestamp:
        """Store the current time as that of a collection, unless it has one.

        Returns:
            The one that it has then.
        """
        raise NotImplementedError

    def _get(self, scope: Scope, names: FieldNames, object_id: str) -> Record:
        """Return a live record.

        Raises:
            RecordNotFoundError: There is none.
        """
        raise NotImplementedError

    def _write(self, write: Write) -> Record:
        """Store or delete one record.

        Returns:
            The record as it is stored, or the tombstone (even if none is left).

        Raises:
            UnicityError: The write is of a new record and there is one with its id, or
                another one has the value of a unique field.
            RecordNotFoundError: There is no live record to delete.
            ModifiedMeanwhileError: The condition does not hold.
        """
        raise NotImplementedError

    def _delete_all(
        self,
        query: Query,
        with_deleted: bool,
        condition: Condition,
        before: list[Record] | None,
    ) -> list[Record]:
        """Delete the live records of a query without rules and limit, in its order.

        Args:
            query: Lists them, oldest first.
            with_deleted: Each leaves a tombstone.
            condition: What must be true of the collection.
            before: A list to which they are added, if they were deleted; `None` if
                nobody wants to know what they were.

        Returns:
            Their tombstones, each with a timestamp of its own.

        Raises:
            ModifiedMeanwhileError: The condition does not hold.
        """
        raise NotImplementedError

    def _purge(self, scope: Scope, names: FieldNames, before: Timestamp | None) -> int:
        """Remove tombstones, or those older than `before`; return how many.

        The newest of them becomes the horizon of the collection, in the same step.
        """
        raise NotImplementedError

    def _list(
        self, query: Query
    ) -> tuple[list[Record], int] | tuple[list[Record], int, Timestamp]:
        """Return the records of a query, and how many live ones match its filters.

        Then, if the query wants it, the horizon of the collection: the higher one of
        its own and that of `EVERY_COLLECTION`, 0 if there is none.
        """
        raise NotImplementedError

    def _raise_timestamp(self, scope: Scope, timestamp: Timestamp) -> None:
        """Set the timestamp of a collection, unless it has a higher one."""
        raise NotImplementedError

    def _raise_horizon(self, scope: Scope, horizon: Timestamp) -> None:
        """Set the horizon of a collection, unless it has a higher one."""
        raise NotImplementedError


class Maintenance(Transfer, StorageHooks, KeptAnswers):
    """What tools of operators do with a storage."""

    joins_transaction: bool = False
    """Whether what a request writes is undone with its transaction.

    Permission backends that do say so by the same attribute.
    """

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create or upgrade what the engine needs; with `dry_run`, only log it."""
        raise NotImplementedError

    def flush(self, auth: str | None = None) -> None:
        """Delete all records, tombstones, timestamps and kept answers."""
        self._flush()

    def scopes(self) -> Iterable[Scope]:
        """Return every collection that was ever written."""
        raise NotImplementedError

    def tombstone_timestamps(
        self, collection_id: str, parent_id: str, limit: int, newest_first: bool = False
    ) -> list[Timestamp]:
        """Return the timestamps of at most `limit` tombstones, in order."""
        raise NotImplementedError

    def count_tombstones(
        self, collection_id: str, parent_id: str, before: Timestamp
    ) -> int:
        """Return how many tombstones of a collection are older than `before`."""
        times = self.tombstone_timestamps(collection_id, parent_id, limit=sys.maxsize)
        return sum(time < before for time in times)

    def buried(self, before: Timestamp) -> Iterator[tuple[Scope, int]]:
        """Yield the collections that have tombstones older than `before`.

        Each with the number of them. They may be purged meanwhile.
        """
        for scope in self.scopes():
            count = self.count_tombstones(*scope, before=before)
            if count:
                yield scope, count

    def lock_collections(self, scopes: Sequence[Scope]) -> None:
        """Wait until nobody else has locked one of these collections.

        They stay locked until the transaction ends, for those who lock several: who
        writes one waits for none of them, and nothing is written. Engines where two
        writers cannot wait for each other have nothing to do.
        """

    def purge_deleted(
        self,
        collection_id: str,
        parent_id: str,
        before: Timestamp | None = None,
        id_field: str = "id",
        modified_field: str = "last_modified",
        auth: str | None = None,
    ) -> int:
        """Remove tombstones, or those older than `before`; return how many.

        What was deleted up to the newest of them is not all listed any more: that is
        the horizon of the collection from now on.
        """
        names = FieldNames(id_field, modified_field)
        return self._purge(Scope(collection_id, parent_id), names, before)

    def raise_timestamp(
        self, collection_id: str, parent_id: str, timestamp: Timestamp
    ) -> None:
        """Set the timestamp of a collection, unless it has a higher one."""
        self._raise_timestamp(Scope(collection_id, parent_id), timestamp)

    def raise_horizon(
        self, collection_id: str, parent_id: str, horizon: Timestamp
    ) -> None:
        """Set the horizon of a collection, unless it has a higher one.

        That of `EVERY_COLLECTION` holds for all, those too that are not there yet.
        """
        self._raise_horizon(Scope(collection_id, parent_id), horizon)
