"""Writes of Redis, each one script: one round trip, and one atomic step.

A write that has to look at all records first (unique fields, filters) sends along the
timestamp that the collection had then, which each write changes: if another one came
first, it starts again.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from cliquet import serialization
from cliquet.storage.evaluation import evaluate
from cliquet.storage.exceptions import (
    ModifiedMeanwhileError,
    RecordNotFoundError,
    UnicityError,
)
from cliquet.storage.query import (
    ANY,
    UNCONDITIONAL,
    Condition,
    FieldNames,
    Query,
    Scope,
    Write,
)
from cliquet.storage.redis.joint import JointScripts
from cliquet.storage.redis.keys import DEAD, HORIZON, INDEXED, LIVE, TIMESTAMP, Keys
from cliquet.storage.redis.lists import Lists
from cliquet.storage.redis.moves import Moves
from cliquet.storage.rules import check_collection, check_record, check_unicity
from cliquet.timestamps import msec_time
from cliquet.types import Record, Timestamp


class Writes:
    """Writes records of a Redis database.

    Args:
        scripts: Scripts by name.
        keys: Names keys.
        lists: Reads them.
        moves: Moves what 3.1.x left elsewhere.
        exists: Counts keys that exist.
    """

    def __init__(
        self,
        scripts: JointScripts,
        keys: Keys,
        lists: Lists,
        moves: Moves,
        exists: Callable[..., int],
    ) -> None:
        self._scripts = scripts
        self._keys = keys
        self._lists = lists
        self._moves = moves
        self._exists = exists

    def write(self, write: Write) -> Record:
        """Store or delete one record, as `StorageHooks` promises."""
        if write.record is None:
            store = self._delete
        else:
            store = self._put_unique if write.unique_fields else self._put
        return self._moves.with_record(
            write.scope, write.object_id, lambda: store(write)
        )

    def _put(self, write: Write) -> Record:
        fields = {**(write.record or {})}
        fields.pop(write.names.modified, None)
        reply = self._run(
            "create" if write.is_new else "update",
            write,
            _open_object(fields, write.names),
        )
        _check_unchanged(reply)
        found: Record = serialization.loads_stored(reply[1])
        if reply[0] == b"exists":
            raise UnicityError(write.names.id, found)
        return found

    def _put_unique(self, write: Write) -> Record:
        while True:
            current, (records,) = self._lists.read_all(write.scope, [LIVE])
            by_id = {record[write.names.id]: record for record in records}
            check_record(write, by_id.get(write.object_id))
            check_collection(write.condition.collection, current)
            check_unicity(write, records)
            unchanged = replace(write.condition, record=ANY, collection=current or 0)
            try:
                return self._put(write._replace(condition=unchanged))
            except _BelowNothingError:
                raise
            except ModifiedMeanwhileError:
                continue

    def _delete(self, write: Write) -> Record:
        fields = {write.names.id: write.object_id, write.names.deleted: True}
        head = _open_object(fields, write.names) if write.with_deleted else ""
        reply = self._run("delete", write, head)
        if reply[0] == b"missing":
            raise RecordNotFoundError(write.object_id)
        _check_unchanged(reply)
        return write.names.tombstone(write.object_id, int(reply[1]))

    def _run(self, script: str, write: Write, head: str) -> Any:
        keys = self._keys.of_write(write.scope, write.object_id)
        above, apart = self._key_of_parent(write), []
        if above and not self._keys.are_together([*keys, *above]):
            above, apart = [], above
        if apart and not self._exists(*apart):
            raise _BelowNothingError
        reply = self._scripts.run(
            script,
            [*keys, *above],
            [
                *_arguments(write.names, write.condition, write.last_modified),
                write.object_id,
                head,
            ],
            write.condition,
            [write.object_id],
        )
        if apart and reply[0] == b"written" and not self._exists(*apart):
            # Who deleted it looked for what is below perhaps before this was there.
            with suppress(RecordNotFoundError):
                self._delete(_deletion(write))
            raise _BelowNothingError
        return reply

    def _key_of_parent(self, write: Write) -> list[str]:
        """Return the key that there must be, if what is written is below a record.

        In a cluster it is of another slot: the script cannot look at it.
        """
        if write.condition.parent is None:
            return []
        scope, object_id = write.condition.parent
        self._moves.prepare(scope, object_id)
        return [self._keys.key(scope, LIVE, object_id)]

    def delete_all(
        self,
        query: Query,
        with_deleted: bool,
        condition: Condition,
        before: list[Record] | None,
    ) -> list[Record]:
        """Delete what matches, as `StorageHooks` promises."""
        if not query.filters and condition.joint is None:
            wanted = "all" if before is None else "values"
            reply = self._delete_many(query, with_deleted, condition, [wanted])
            if before is not None:
                before.extend(map(serialization.loads_stored, reply[3::3]))
            return _tombstones(reply, query.names)
        told = len(before or ())
        while True:
            current, (records,) = self._lists.read_all(query.scope, [LIVE])
            check_collection(condition.collection, current)
            found, _ = evaluate(records, query)
            if not found:
                return []
            ids = [record[query.names.id] for record in found]
            unchanged = replace(condition, collection=current or 0)
            if before is not None:
                # What is written along may depend on what is deleted.
                before[told:] = found
            try:
                reply = self._delete_many(
                    query, with_deleted, unchanged, ["these", *ids]
                )
            except ModifiedMeanwhileError:
                continue
            return _tombstones(reply, query.names)

    def _delete_many(
        self,
        query: Query,
        with_deleted: bool,
        condition: Condition,
        wanted: list[str],
    ) -> Sequence[bytes]:
        scope, names = query.scope, query.names
        before_id = f"{{{serialization.dumps(names.id)}:"
        after_id = "," + _open_object({names.deleted: True}, names)[1:]
        reply: Sequence[bytes] = self._run_on_all(
            scope,
            "delete_many",
            self._keys.of_write(scope),
            [
                *_arguments(names, condition),
                before_id,
                after_id if with_deleted else "",
                self._keys.beginning(scope),
                *wanted,
            ],
            condition,
            wanted[1:],
        )
        _check_unchanged(reply)
        return reply

    def purge(self, scope: Scope, names: FieldNames, before: Timestamp | None) -> int:
        """Remove tombstones; return how many."""
        key, index = self._keys.key, self._keys.index_key(scope, DEAD)
        keys = [key(scope, DEAD), index, key(scope, HORIZON)]
        keys += [key(scope, TIMESTAMP), key(scope, INDEXED)]
        told = "" if before is None else before
        arguments = [self._keys.beginning(scope), names.modified, told]
        count: int = self._run_on_all(scope, "purge", keys, arguments)
        return count

    def _run_on_all(
        self,
        scope: Scope,
        script: str,
        keys: list[str],
        args: list[Any],
        condition: Condition = UNCONDITIONAL,
        record_ids: Sequence[str] = (),
    ) -> Any:
        """Run a script on a whole collection."""
        self._moves.prepare(scope)
        while True:
            reply = self._scripts.run(script, keys, args, condition, record_ids)
            if not isinstance(reply, list) or reply[0] != b"unmoved":
                return reply
            if reply[1]:
                self._moves.make_way(scope, reply[1].decode())
            else:
                self._moves.move(scope)


def _arguments(
    names: FieldNames,
    condition: Condition,
    last_modified: Timestamp | None = None,
) -> list[Any]:
    """Return the first arguments of a script that writes."""
    expected = "any" if condition.record is ANY else condition.record
    return [
        msec_time(),
        "" if last_modified is None else last_modified,
        "absent" if expected is None else expected,
        "" if condition.collection is None else condition.collection,
        names.modified,
    ]


def _deletion(write: Write) -> Write:
    """Return what takes a write back; clients may have read it."""
    return write._replace(
        record=None, with_deleted=True, condition=UNCONDITIONAL, last_modified=None
    )


class _BelowNothingError(ModifiedMeanwhileError):
    """The record is not there that others are written below: to try again is vain."""


def _check_unchanged(reply: Sequence[bytes]) -> None:
    if reply[0] == b"below nothing":
        raise _BelowNothingError
    if reply[0] == b"changed":
        raise ModifiedMeanwhileError


def _tombstones(reply: Sequence[bytes], names: FieldNames) -> list[Record]:
    """Return those of the script that deletes many records."""
    return [
        names.tombstone(object_id.decode(), int(timestamp))
        for object_id, timestamp in zip(reply[1::3], reply[2::3], strict=True)
    ]


def _open_object(fields: Record, names: FieldNames) -> str:
    """Return a JSON object up to its timestamp, which the script knows."""
    text = serialization.dumps(fields)[:-1]
    comma = "," if fields else ""
    return f"{text}{comma}{serialization.dumps(names.modified)}:"
