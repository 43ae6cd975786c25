"""Records in Redis, under the keys of 3.1.x (backends §13).

Reads and writes are one script each: one round trip, and one atomic step (see
redis_writes for those that look at all records first). Lists by timestamp read their
page from an index, lists by other fields the whole collection (redis_lists).
"""

from collections.abc import Sequence
from typing import Any

from cliquet import serialization
from cliquet.backends.redis import (
    client_settings,
    create_from_config,
    delete_keys,
    scan,
    wrap_redis_error,
)
from cliquet.backends.redis_grants import database_of_client
from cliquet.storage import redis_writes as writes
from cliquet.storage.base import StorageBase
from cliquet.storage.checks import unique_values
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.storage.memory import MemoryBasedStorage
from cliquet.storage.query import (
    Condition,
    FieldNames,
    Filter,
    Query,
    Scope,
)
from cliquet.storage.redis_keys import (
    DEAD,
    INDEXED,
    LIVE,
    PURGE,
    SCRIPTS,
    TIMESTAMP,
    index_key,
    key,
)
from cliquet.storage.redis_lists import read_all, read_list
from cliquet.timestamps import msec_time
from cliquet.types import Record, Timestamp

__all__ = ["Storage", "create_from_config", "load_from_config", "wrap_redis_error"]


class Storage(MemoryBasedStorage):
    """Storage in a Redis database."""

    def __init__(self, client: Any, *args: Any, **kwargs: Any) -> None:
        self._client = client
        self._scripts = {script: client.register_script(script) for script in SCRIPTS}

    @property
    def settings(self) -> dict[str, Any]:
        """Where the server is."""
        return client_settings(self._client)

    @property
    def database(self) -> Any:
        """Where the data is."""
        return database_of_client(self._client)

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
        _, (dead,) = read_all(self._scripts, scope, [DEAD])
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
            delete_keys(self._client, keys)

    @wrap_redis_error
    def _timestamp(self, scope: Scope) -> Timestamp | None:
        found = self._client.get(key(scope, TIMESTAMP))
        return None if found is None else int(found)

    @wrap_redis_error
    def _initialize_timestamp(self, scope: Scope) -> Timestamp:
        name = key(scope, TIMESTAMP)
        with self._client.pipeline() as pipeline:
            pipeline.set(name, msec_time(), nx=True)
            pipeline.get(name)
            return int(pipeline.execute()[1])

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
        text = self._client.get(key(scope, LIVE, object_id))
        if text is None:
            raise RecordNotFoundError(object_id)
        found: Record = serialization.loads_stored(text)
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
        return writes.delete(
            self._scripts,
            scope,
            object_id,
            names,
            with_deleted,
            last_modified,
            condition,
        )

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
        fields = unique_values(record, unique_fields, names)
        if not fields:
            return writes.put(
                self._scripts, scope, record, names, condition, is_new=is_new
            )
        return writes.put_unique(
            self._scripts, scope, record, names, fields, condition, is_new=is_new
        )

    @wrap_redis_error
    def _delete_all(
        self,
        scope: Scope,
        names: FieldNames,
        filters: Sequence[Filter],
        with_deleted: bool,
        condition: Condition | None,
    ) -> list[Record]:
        return writes.delete_all(
            self._scripts, scope, names, filters, with_deleted, condition
        )

    @wrap_redis_error
    def _purge(self, scope: Scope, before: Timestamp | None, names: FieldNames) -> int:
        bound = "" if before is None else before
        return int(
            self._scripts[PURGE](
                keys=[key(scope, DEAD), index_key(scope, DEAD)],
                args=[key(scope, ""), names.modified, bound],
            )
        )

    @wrap_redis_error
    def _list(
        self, scope: Scope, names: FieldNames, query: Query
    ) -> tuple[list[Record], int]:
        return read_list(self._client, self._scripts, scope, names, query)


def load_from_config(config: Any) -> StorageBase:
    """Build the storage (settings `storage_url`, `storage_pool_size`)."""
    return Storage(create_from_config(config, prefix="storage_"))
