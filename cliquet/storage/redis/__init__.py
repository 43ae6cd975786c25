"""Records in Redis, under the keys of 3.1.x (`docs: engines-redis-keys`).

Reads and writes are one script each: one round trip, and one atomic step. Lists by
timestamp read their page from an index, lists by other fields the whole collection.
"""

from typing import Any

from cliquet import serialization
from cliquet.engines.redis.client import (
    RedisBackend,
    create_from_config,
    database_of_client,
    delete_keys,
    load_scripts,
    scan,
    wrap_redis_error,
)
from cliquet.engines.redis.shared_ids import OBJECT_IDS
from cliquet.logs import logger
from cliquet.storage.base import MemoryBasedStorage
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.storage.query import Condition, FieldNames, Query, Scope, Write
from cliquet.storage.redis.joint import JointScripts
from cliquet.storage.redis.keys import (
    DEAD,
    INDEXED,
    LIVE,
    TIMESTAMP,
    index_key,
    key,
    parse_timestamp_key,
)
from cliquet.storage.redis.lists import Lists
from cliquet.storage.redis.moves import Moves
from cliquet.storage.redis.writes import Writes
from cliquet.timestamps import msec_time
from cliquet.types import Record, Timestamp

__all__ = ["Storage", "create_from_config", "load_from_config", "wrap_redis_error"]

_SHARED = load_scripts(__package__)
_SOURCES = {
    name: _SHARED["keys"] + source
    for name, source in {
        "move": _SHARED["move"],
        **load_scripts(__package__, "scripts/lists", before=OBJECT_IDS),
        **load_scripts(__package__, "scripts/writes"),
    }.items()
}


class Storage(RedisBackend, MemoryBasedStorage):
    """Storage in a Redis database.

    Args:
        client: A `redis.Redis` whose replies are bytes.
    """

    def __init__(self, client: Any, *args: Any, **kwargs: Any) -> None:
        self._client = client
        self._scripts = {
            name: client.register_script(source) for name, source in _SOURCES.items()
        }
        self._moves = Moves(self._scripts["move"])
        self._lists = Lists(self._scripts, self._moves)
        self.database = database_of_client(client)
        run = JointScripts(client, self.database, _SOURCES, self._scripts)
        self._writes = Writes(run, self._lists, self._moves)

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Move what 3.1.x left under keys that are not ours."""
        scopes = self.scopes()
        if dry_run:
            logger.info(f"Would look for old keys of {len(scopes)} Redis collections.")
            return
        for scope in scopes:
            self._moves.move(scope)
        logger.info("Keys of Redis are up-to-date.")

    def scopes(self) -> list[Scope]:
        """Return every collection, what 3.1.x left of some included."""
        named = map(parse_timestamp_key, scan(self._client, f"*[.;]{TIMESTAMP}"))
        found = {scope for scope in named if scope is not None}
        return sorted(found, key=lambda scope: (scope.parent_id, scope.collection_id))

    def tombstone_timestamps(
        self, collection_id: str, parent_id: str, limit: int, newest_first: bool = False
    ) -> list[Timestamp]:
        _, (dead,) = self._lists.read_all(Scope(collection_id, parent_id), [DEAD])
        times = [tombstone["last_modified"] for tombstone in dead]
        return sorted(times, reverse=newest_first)[:limit]

    def _flush(self) -> None:
        for scope in self.scopes():
            self._moves.move(scope)
            keys = [key(scope, TIMESTAMP), key(scope, INDEXED)]
            for kind in (LIVE, DEAD):
                members = self._client.smembers(key(scope, kind))
                keys += [key(scope, kind, member.decode()) for member in members]
                keys += [key(scope, kind), index_key(scope, kind)]
            delete_keys(self._client, keys)

    def _timestamp(self, scope: Scope) -> Timestamp | None:
        self._moves.prepare(scope)
        found = self._client.get(key(scope, TIMESTAMP))
        return None if found is None else int(found)

    def _initialize_timestamp(self, scope: Scope) -> Timestamp:
        self._moves.prepare(scope)
        name = key(scope, TIMESTAMP)
        with self._client.pipeline() as pipeline:
            pipeline.set(name, msec_time(), nx=True)
            pipeline.get(name)
            return int(pipeline.execute()[1])

    def _get(self, scope: Scope, names: FieldNames, object_id: str) -> Record:
        text = self._moves.with_record(
            scope, object_id, lambda: self._client.get(key(scope, LIVE, object_id))
        )
        if text is None:
            raise RecordNotFoundError(object_id)
        found: Record = serialization.loads_stored(text)
        return found

    def _write(self, write: Write) -> Record:
        return self._writes.write(write)

    def _delete_all(
        self,
        query: Query,
        with_deleted: bool,
        condition: Condition,
        before: list[Record] | None,
    ) -> list[Record]:
        return self._writes.delete_all(query, with_deleted, condition, before)

    def _purge(self, scope: Scope, names: FieldNames, before: Timestamp | None) -> int:
        return self._writes.purge(scope, names, before)

    def _list(self, query: Query) -> tuple[list[Record], int]:
        return self._lists.read(query)


def load_from_config(config: Any) -> Storage:
    """Return the storage of the settings `storage_url` and `storage_pool_size`."""
    return Storage(create_from_config(config, prefix="storage_"))
