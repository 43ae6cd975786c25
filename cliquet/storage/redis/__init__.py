"""Records in Redis, under the keys of 3.1.x (`docs: engines-redis-keys`).

Reads and writes are one script each: one round trip, and one atomic step. Lists by
timestamp read their page from an index, lists by other fields the whole collection.
"""

from collections.abc import Sequence
from typing import Any

from cliquet import serialization
from cliquet.engines.joint import in_turn
from cliquet.engines.redis.client import (
    RedisBackend,
    create_from_config,
    database_of_client,
    delete_keys,
    is_cluster,
    load_scripts,
    scan,
    tag_of_client,
    wrap_redis_error,
)
from cliquet.engines.redis.shared_ids import OBJECT_IDS
from cliquet.logs import logger
from cliquet.storage.answers import Answer
from cliquet.storage.base import MemoryBasedStorage
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.storage.query import Condition, FieldNames, Query, Scope, Write
from cliquet.storage.redis.answers import ANSWERS, Answers
from cliquet.storage.redis.joint import JointScripts
from cliquet.storage.redis.keys import (
    DEAD,
    HORIZON,
    INDEXED,
    LIVE,
    TIMESTAMP,
    Keys,
)
from cliquet.storage.redis.lists import Lists, with_horizon
from cliquet.storage.redis.moves import Moves
from cliquet.storage.redis.transfer import RedisTransfer
from cliquet.storage.redis.writes import Writes
from cliquet.timestamps import msec_time
from cliquet.types import Record, Timestamp

__all__ = ["Storage", "create_from_config", "load_from_config", "wrap_redis_error"]

_NOT_ATOMIC = (
    "In a Redis Cluster, a record is stored in one step with its permissions, but not "
    "with members of groups below a record, and what is above it is looked at before "
    "and after that (docs: redis-cluster)."
)
_SHARED = load_scripts(__package__)
_LISTS = load_scripts(__package__, "scripts/lists", before=OBJECT_IDS)
_SOURCES = {
    name: _SHARED["keys"] + source
    for name, source in {
        "move": _SHARED["move"],
        "horizon": _SHARED["horizon"],
        "restore": _SHARED["restore"],
        "dead_times": _SHARED["dead_times"],
        **_LISTS,
        **load_scripts(__package__, "scripts/writes"),
    }.items()
}
_SOURCES |= {
    with_horizon(name): in_turn(
        _SOURCES[name], _SHARED["keys"] + _SHARED["horizon"], reply="{first, second}"
    )
    for name in _LISTS
}


class Storage(RedisTransfer, RedisBackend, MemoryBasedStorage):
    """Storage in a Redis database.

    Args:
        client: A `redis.Redis` whose replies are bytes.
    """

    def __init__(self, client: Any, *args: Any, **kwargs: Any) -> None:
        self._client = client
        self._scripts = {
            name: client.register_script(source) for name, source in _SOURCES.items()
        }
        self._keys = keys = Keys(tag_of_client(client))
        self._moves = Moves(self._scripts["move"], keys)
        self._lists = Lists(self._scripts, keys, self._moves)
        self.database = database_of_client(client)
        run = JointScripts(client, self.database, keys, _SOURCES, self._scripts)
        self._writes = Writes(run, keys, self._lists, self._moves, self._exists)
        # Of a cluster, one subscription would be seen by one node.
        self.keeps_answers = not is_cluster(client)
        self._answers = Answers(client)

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
        named = map(self._keys.scope_of, scan(self._client, f"*[.;]{TIMESTAMP}"))
        found = {scope for scope in named if scope is not None}
        return sorted(found, key=lambda scope: (scope.parent_id, scope.collection_id))

    def tombstone_timestamps(
        self, collection_id: str, parent_id: str, limit: int, newest_first: bool = False
    ) -> list[Timestamp]:
        scope = Scope(collection_id, parent_id)
        known = self._dead_times(scope, limit, newest_first)
        if known is not None:
            return known
        _, (dead,) = self._lists.read_all(scope, [DEAD])
        times = [tombstone["last_modified"] for tombstone in dead]
        return sorted(times, reverse=newest_first)[:limit]

    def _flush(self) -> None:
        for scope in self.scopes():
            self._moves.move(scope)
            key = self._keys.key
            names = [key(scope, TIMESTAMP), key(scope, INDEXED)]
            for kind in (LIVE, DEAD):
                members = self._client.smembers(key(scope, kind))
                names += [key(scope, kind, member.decode()) for member in members]
                names += [key(scope, kind), self._keys.index_key(scope, kind)]
            delete_keys(self._client, names)
        # Those too of collections that nobody wrote.
        delete_keys(self._client, scan(self._client, f"*[.;]{HORIZON}"))
        delete_keys(self._client, scan(self._client, f"{ANSWERS}*"))

    def claim_answer(self, key: str) -> Answer | None:
        return self._answers.claim(key)

    def keep_answer(self, key: str, answer: Answer) -> None:
        self._answers.keep(key, answer)

    def _timestamp(self, scope: Scope) -> Timestamp | None:
        self._moves.prepare(scope)
        found = self._client.get(self._keys.key(scope, TIMESTAMP))
        return None if found is None else int(found)

    def _initialize_timestamp(self, scope: Scope) -> Timestamp:
        self._moves.prepare(scope)
        name = self._keys.key(scope, TIMESTAMP)
        with self._client.pipeline() as pipeline:
            pipeline.set(name, msec_time(), nx=True)
            pipeline.get(name)
            return int(pipeline.execute()[1])

    def _exists(self, *names: str) -> int:
        return int(self._client.exists(*names))

    def _get(self, scope: Scope, names: FieldNames, object_id: str) -> Record:
        text = self._moves.with_record(
            scope,
            object_id,
            lambda: self._client.get(self._keys.key(scope, LIVE, object_id)),
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

    def _raise_timestamp(self, scope: Scope, timestamp: Timestamp) -> None:
        self._raise(scope, (TIMESTAMP, INDEXED), timestamp)

    def _raise_horizon(self, scope: Scope, horizon: Timestamp) -> None:
        self._raise(scope, (HORIZON,), horizon)

    def _raise(self, scope: Scope, kinds: Sequence[str], value: Timestamp) -> None:
        self._moves.prepare(scope)
        keys = [self._keys.key(scope, kind) for kind in kinds]
        self._scripts["raise"](keys=keys, args=[value])

    def _list(self, query: Query) -> tuple[list[Record], int, Timestamp]:
        return self._lists.read(query)


def load_from_config(config: Any) -> Storage:
    """Return the storage of the settings `storage_url` and `storage_pool_size`."""
    client = create_from_config(config, prefix="storage_")
    if is_cluster(client):
        logger.warning(_NOT_ATOMIC)
    return Storage(client)
