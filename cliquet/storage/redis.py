"""Records in Redis, under the keys of 3.1.x (backends §13).

Reads and the usual writes are one script each: one round trip, and one atomic step.
Lists by timestamp read their page from an index (redis_scripts.lua), lists by other
fields the whole collection. Writes that have to look at all records (unique fields,
filters) watch the timestamp of the collection, which each write changes: who was
overtaken starts again.
"""

from collections.abc import Sequence
from typing import Any

from cliquet import serialization
from cliquet.backends.redis import (
    client_settings,
    create_from_config,
    scan,
    transact,
    wrap_redis_error,
)
from cliquet.storage.base import StorageBase
from cliquet.storage.checks import check_condition, check_unicity, unique_values
from cliquet.storage.evaluation import build_predicate
from cliquet.storage.exceptions import (
    ModifiedMeanwhileError,
    RecordNotFoundError,
    UnicityError,
)
from cliquet.storage.memory import MemoryBasedStorage
from cliquet.storage.query import (
    ANY,
    Condition,
    FieldNames,
    Filter,
    Query,
    Scope,
)
from cliquet.storage.redis_keys import (
    CREATE,
    DEAD,
    DELETE,
    INDEXED,
    LIVE,
    SCRIPTS,
    TIMESTAMP,
    UPDATE,
    index_key,
    key,
    keys_of_write,
)
from cliquet.storage.redis_lists import read_list
from cliquet.timestamps import msec_time, next_timestamp
from cliquet.types import Record, Timestamp

__all__ = ["Storage", "create_from_config", "load_from_config", "wrap_redis_error"]


def _open_object(fields: Record, names: FieldNames) -> str:
    """Write a JSON object up to its timestamp, which the script knows."""
    text = serialization.dumps(fields)[:-1]
    comma = "," if fields else ""
    return f"{text}{comma}{serialization.dumps(names.modified)}:"


def _without(record: Record, field: str) -> Record:
    return {name: record[name] for name in record if name != field}


def _open_tombstone(object_id: str, names: FieldNames) -> str:
    return _open_object({names.id: object_id, names.deleted: True}, names)


def _arguments(
    now: Timestamp,
    wanted: Timestamp | None,
    condition: Condition | None,
    names: FieldNames,
    object_id: str,
    head: str,
) -> list[Any]:
    """Tell the arguments of a script that writes a record."""
    condition = condition or Condition()
    expected = "any" if condition.record is ANY else condition.record
    return [
        now,
        "" if wanted is None else wanted,
        "absent" if expected is None else expected,
        "" if condition.collection is None else condition.collection,
        names.modified,
        object_id,
        head,
    ]


class Storage(MemoryBasedStorage):
    """Storage in a Redis database."""

    def __init__(self, client: Any, *args: Any, **kwargs: Any) -> None:
        self._client = client
        self._scripts = {script: client.register_script(script) for script in SCRIPTS}

    @property
    def settings(self) -> dict[str, Any]:
        """Where the server is."""
        return client_settings(self._client)

    @wrap_redis_error
    def scopes(self) -> list[Scope]:
        """Tell every collection; its id is what comes before the first dot."""
        stems = [
            name.removesuffix(f".{TIMESTAMP}")
            for name in scan(self._client, f"*.{TIMESTAMP}")
        ]
        found = [Scope(*stem.partition(".")[::2]) for stem in stems]
        return sorted(found, key=lambda scope: (scope.parent_id, scope.collection_id))

    @wrap_redis_error
    def tombstone_timestamps(
        self, collection_id: str, parent_id: str, limit: int, newest_first: bool = False
    ) -> list[Timestamp]:
        scope = Scope(collection_id, parent_id)
        dead = self._read_all(self._client, scope, DEAD)
        times = [tombstone["last_modified"] for tombstone in dead]
        return sorted(times, reverse=newest_first)[:limit]

    @wrap_redis_error
    def _flush(self) -> None:
        for name in scan(self._client, f"*.{TIMESTAMP}"):
            stem = name.removesuffix(TIMESTAMP)
            keys = [name, stem + INDEXED]
            for kind in (LIVE, DEAD):
                members = self._client.smembers(stem + kind)
                keys += [f"{stem}{member.decode()}.{kind}" for member in members]
                keys += [stem + kind, f"{stem}{kind}.by_time"]
            self._client.delete(*keys)

    @wrap_redis_error
    def _timestamp(self, scope: Scope) -> Timestamp | None:
        found = self._client.get(key(scope, TIMESTAMP))
        return None if found is None else int(found)

    @wrap_redis_error
    def _initialize_timestamp(self, scope: Scope) -> Timestamp:
        name = key(scope, TIMESTAMP)
        self._client.set(name, msec_time(), nx=True)
        return int(self._client.get(name))

    @wrap_redis_error
    def _create(
        self,
        scope: Scope,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
    ) -> Record:
        return self._put(scope, record, names, unique_fields, condition, is_new=True)

    @wrap_redis_error
    def _get(self, scope: Scope, object_id: str, names: FieldNames) -> Record:
        found = self._read(self._client, scope, object_id)
        if found is None:
            raise RecordNotFoundError(object_id)
        return found

    @wrap_redis_error
    def _update(
        self,
        scope: Scope,
        object_id: str,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
    ) -> Record:
        return self._put(scope, record, names, unique_fields, condition, is_new=False)

    @wrap_redis_error
    def _delete(
        self,
        scope: Scope,
        object_id: str,
        names: FieldNames,
        with_deleted: bool,
        last_modified: Timestamp | None,
        condition: Condition | None,
    ) -> Record:
        head = _open_tombstone(object_id, names)
        answer = self._run(
            DELETE,
            scope,
            object_id,
            names,
            condition,
            last_modified,
            head if with_deleted else "",
        )
        if answer[0] == b"missing":
            raise RecordNotFoundError(object_id)
        stamp = int(answer[1])
        return {names.id: object_id, names.modified: stamp, names.deleted: True}

    def _put(
        self,
        scope: Scope,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
        *,
        is_new: bool,
    ) -> Record:
        if unique_values(record, unique_fields, names):
            return self._put_unique(
                scope, record, names, unique_fields, condition, is_new=is_new
            )
        fields = _without(record, names.modified)
        answer = self._run(
            CREATE if is_new else UPDATE,
            scope,
            record[names.id],
            names,
            condition,
            record.get(names.modified),
            _open_object(fields, names),
        )
        if answer[0] == b"exists":
            raise UnicityError(names.id, serialization.loads(answer[1]))
        written: Record = serialization.loads(answer[1])
        return written

    def _put_unique(
        self,
        scope: Scope,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
        *,
        is_new: bool,
    ) -> Record:
        """Write after a look at all records."""

        def work(pipeline: Any) -> Record:
            existing = self._read(pipeline, scope, record[names.id])
            if is_new and existing is not None:
                raise UnicityError(names.id, existing)
            return self._write(
                pipeline, scope, record, names, unique_fields, condition, existing
            )

        return transact(self._client, key(scope, TIMESTAMP), work)

    def _run(
        self,
        script: str,
        scope: Scope,
        object_id: str,
        names: FieldNames,
        condition: Condition | None,
        wanted: Timestamp | None,
        head: str,
    ) -> Any:
        """Run a script that writes one record, and answer what it answers.

        Raises:
            ModifiedMeanwhileError: the condition does not hold.
        """
        arguments = _arguments(msec_time(), wanted, condition, names, object_id, head)
        keys = keys_of_write(scope, object_id)
        answer = self._scripts[script](keys=keys, args=arguments)
        if answer[0] == b"changed":
            raise ModifiedMeanwhileError(object_id)
        return answer

    @wrap_redis_error
    def _delete_all(
        self,
        scope: Scope,
        names: FieldNames,
        filters: Sequence[Filter],
        with_deleted: bool,
        condition: Condition | None,
    ) -> list[Record]:
        matches = build_predicate(filters)

        def work(pipeline: Any) -> list[Record]:
            current = self._read_timestamp(pipeline, scope)
            expected = condition and Condition(collection=condition.collection)
            check_condition(expected, current)
            tombstones = []
            found = self._read_all(pipeline, scope, LIVE)
            pipeline.multi()
            for record in sorted(found, key=lambda record: record[names.modified]):
                if matches is None or matches(record):
                    tombstone, current = self._bury(
                        pipeline,
                        scope,
                        record[names.id],
                        names,
                        with_deleted,
                        None,
                        current,
                    )
                    tombstones.append(tombstone)
            return tombstones

        return transact(self._client, key(scope, TIMESTAMP), work)

    @wrap_redis_error
    def _purge(self, scope: Scope, before: Timestamp | None, names: FieldNames) -> int:
        def work(pipeline: Any) -> int:
            old = [
                tombstone[names.id]
                for tombstone in self._read_all(pipeline, scope, DEAD)
                if before is None or tombstone[names.modified] < before
            ]
            pipeline.multi()
            for object_id in old:
                pipeline.delete(key(scope, DEAD, object_id))
                pipeline.srem(key(scope, DEAD), object_id)
                pipeline.zrem(index_key(scope, DEAD), object_id)
            return len(old)

        return transact(self._client, key(scope, TIMESTAMP), work)

    @wrap_redis_error
    def _list(
        self, scope: Scope, names: FieldNames, query: Query
    ) -> tuple[list[Record], int]:
        return read_list(self._scripts, scope, names, query)

    @staticmethod
    def _read(client: Any, scope: Scope, object_id: str) -> Record | None:
        text = client.get(key(scope, LIVE, object_id))
        return None if text is None else serialization.loads(text)

    @staticmethod
    def _read_timestamp(client: Any, scope: Scope) -> Timestamp | None:
        found = client.get(key(scope, TIMESTAMP))
        return None if found is None else int(found)

    @staticmethod
    def _read_all(client: Any, scope: Scope, kind: str) -> list[Record]:
        members = client.smembers(key(scope, kind))
        if not members:
            return []
        ids = [
            member.decode() if isinstance(member, bytes) else member
            for member in members
        ]
        texts = client.mget([key(scope, kind, object_id) for object_id in ids])
        # An id whose value is missing stands for nothing (backends §13.3).
        return [serialization.loads(text) for text in texts if text is not None]

    def _write(
        self,
        pipeline: Any,
        scope: Scope,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
        existing: Record | None,
    ) -> Record:
        """Check and queue the write of a record."""
        object_id = record[names.id]
        current = self._read_timestamp(pipeline, scope)
        stored = existing[names.modified] if existing else None
        check_condition(condition, current, stored)
        fields = unique_values(record, unique_fields, names)
        if fields:
            others = self._read_all(pipeline, scope, LIVE)
            check_unicity(record, fields, others, names)
        now, wanted = msec_time(), record.get(names.modified)
        stamps = next_timestamp(current, wanted, now)
        written = {**record, names.modified: stamps.record}
        head = _open_object(_without(record, names.modified), names)
        pipeline.multi()
        self._scripts[UPDATE](
            keys=keys_of_write(scope, object_id),
            args=_arguments(now, wanted, None, names, object_id, head),
            client=pipeline,
        )
        answer: Record = serialization.loads(serialization.dumps(written))
        return answer

    def _bury(
        self,
        pipeline: Any,
        scope: Scope,
        object_id: str,
        names: FieldNames,
        with_deleted: bool,
        last_modified: Timestamp | None,
        current: Timestamp | None,
    ) -> tuple[Record, Timestamp]:
        """Queue the deletion of a record; its tombstone, the collection's time."""
        now = msec_time()
        stamps = next_timestamp(current, last_modified, now)
        head = _open_tombstone(object_id, names) if with_deleted else ""
        self._scripts[DELETE](
            keys=keys_of_write(scope, object_id),
            args=_arguments(now, last_modified, None, names, object_id, head),
            client=pipeline,
        )
        tombstone = {
            names.id: object_id,
            names.modified: stamps.record,
            names.deleted: True,
        }
        return tombstone, stamps.collection


def load_from_config(config: Any) -> StorageBase:
    """Build the storage (settings `storage_url`, `storage_pool_size`)."""
    return Storage(create_from_config(config, prefix="storage_"))
