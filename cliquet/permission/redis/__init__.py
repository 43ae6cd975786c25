"""Permissions in Redis, under the keys of 3.1.

`user:<user id>` and `permission:<object id>:<permission>` are sets. An index beside
them (cliquet.engines.redis.shared_ids) has what is shared with somebody, and the names
of permissions, so that nothing looks through all keys. The first lookup builds it.

Each operation is one script or one command: one round trip, and one atomic step.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from cliquet.engines.joint import Script
from cliquet.engines.redis.client import (
    RedisBackend,
    create_from_config,
    database_of_client,
    delete_keys,
    load_scripts,
    scan,
)
from cliquet.engines.redis.shared_ids import (
    INDEX_PATTERNS,
    INDEXED,
    NAMES,
    OBJECT_IDS,
    is_ambiguous,
    object_key,
)
from cliquet.engines.shared_ids import Description, Probe
from cliquet.object_ids import RecordPath, matcher
from cliquet.permission.base import Membership
from cliquet.permission.engine import EnginePermission, Pairs
from cliquet.types import Permissions, Principal

_SOURCES = load_scripts(__package__, before=OBJECT_IDS)


def _user_key(user_id: str) -> str:
    return f"user:{user_id}"


def _decode(members: Iterable[bytes]) -> set[Principal]:
    return {member.decode("utf-8") for member in members}


def _entries(reply: Sequence[Any]) -> Permissions:
    """Read names of permissions and principals, by turns."""
    return {
        name.decode("utf-8"): _decode(members)
        for name, members in zip(reply[::2], reply[1::2], strict=True)
    }


class Permission(RedisBackend, EnginePermission, engine=True):
    """Permissions in a Redis database."""

    def __init__(self, client: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self._client = client
        self.database = database_of_client(client)
        self._scripts = {
            name: client.register_script(source) for name, source in _SOURCES.items()
        }

    def _run(self, script: str, *arguments: str, keys: Sequence[str] = ()) -> Any:
        return self._scripts[script](keys=[INDEXED, NAMES, *keys], args=arguments)

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Drop the index of what is shared: the next lookup builds it anew.

        3.1, to which one may have gone back for a while, does not maintain it.
        """
        if not dry_run:
            self._client.delete(INDEXED)

    def flush(self) -> None:
        patterns = ("user:*", "permission:*", *INDEX_PATTERNS)
        keys = [key for pattern in patterns for key in scan(self._client, pattern)]
        delete_keys(self._client, [NAMES, INDEXED, *keys])

    def all_user_principals(self) -> list[tuple[str, Principal]]:
        return sorted(
            (key.removeprefix("user:"), principal)
            for key in scan(self._client, "user:*")
            for principal in _decode(self._client.smembers(key))
        )

    def all_permissions(self) -> list[tuple[str, str, Principal]]:
        found: list[tuple[str, str, Principal]] = []
        for key in scan(self._client, "permission:*"):
            texts = [text.decode("utf-8") for text in self._run("entries", key)]
            found += zip(texts[::3], texts[1::3], texts[2::3], strict=True)
        return sorted(found)

    def add_user_principal(self, user_id: str, principal: Principal) -> None:
        self._client.sadd(_user_key(user_id), principal)

    def remove_user_principal(self, user_id: str, principal: Principal) -> None:
        self._client.srem(_user_key(user_id), principal)

    def change_members(
        self, added: Collection[Membership], removed: Collection[Membership]
    ) -> None:
        self._run("members", json.dumps([list(added), list(removed)]))

    def _script_of_members(
        self, added: Collection[Membership], removed: Collection[Membership]
    ) -> Script | None:
        arguments = [json.dumps([list(added), list(removed)])]
        return Script(
            _SOURCES["members"], [INDEXED, NAMES], arguments, lambda reply: None
        )

    def remove_principal(self, principal: Principal) -> None:
        self._run("remove_principal", principal)

    def user_principals(self, user_id: str) -> set[Principal]:
        return _decode(self._client.smembers(_user_key(user_id)))

    def add_principal_to_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        self._run("grant", object_id, permission, principal)

    def remove_principal_from_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        self._run("revoke", object_id, permission, principal)

    def probe(self, described: Description) -> Probe:
        prefix, permissions, principals = described
        found = self._run("is_any", prefix, json.dumps([permissions, principals]))
        if found is None:
            # A replica without index.
            pairs = [(f"{prefix}*", permission) for permission in permissions]
            objects = self._search(pairs, set(principals))
            found = RecordPath(prefix).record_ids(objects)
        return Probe(bool(found))

    def _principals(self, pairs: Pairs) -> set[Principal]:
        if any(is_ambiguous(*pair) for pair in pairs):
            return _decode(self._run("principals", json.dumps(pairs)))
        # A key that cannot exist keeps the command valid, so that the server is asked.
        keys = [object_key(*pair) for pair in pairs] or ["permission::"]
        return _decode(self._client.sunion(keys))

    def _search(self, pairs: Pairs, principals: set[Principal]) -> set[str]:
        beginnings = [(pattern.partition("*")[0], wanted) for pattern, wanted in pairs]
        reply = self._run("search", json.dumps(beginnings), *principals)
        accessible: set[str] = set()
        for (pattern, _), objects in zip(pairs, reply, strict=True):
            found = _decode(objects)
            if pattern.find("*") != len(pattern) - 1:
                found = set(filter(matcher(pattern), found))
            accessible |= found
        return accessible

    def _read(
        self, user_id: str, object_ids: Collection[str]
    ) -> tuple[set[Principal], dict[str, Permissions]]:
        reply = self._run("read", *object_ids, keys=[_user_key(user_id)])
        principals, *objects = reply
        found = zip(object_ids, map(_entries, objects), strict=True)
        return _decode(principals), dict(found)

    def delete_object_permissions(self, *object_id_list: str) -> None:
        self._run("delete", *object_id_list)

    def _write(
        self, object_id: str, replaced: Collection[str], given: Pairs
    ) -> Permissions:
        steps = json.dumps([list(replaced), given])
        return _entries(self._run("write", object_id, steps))

    def _script_of_write(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
        known: Permissions | None = None,
    ) -> Script | None:
        given = self._to_give(replaced, granted, known)
        if known is not None and not given and not replaced:
            return None
        arguments = [object_id, json.dumps([list(replaced), given])]
        return Script(_SOURCES["write"], [INDEXED, NAMES], arguments, _entries)

    def _script_of_deletion(self, *object_id_list: str) -> Script | None:
        return Script(
            _SOURCES["delete"], [INDEXED, NAMES], object_id_list, lambda reply: None
        )


def load_from_config(config: Any) -> Permission:
    """Build the backend (settings `permission_url`, `permission_pool_size`)."""
    return Permission(create_from_config(config, prefix="permission_"))
