"""Permissions in Redis, under the keys of 3.1.

`user:<user id>` and `permission:<object id>:<permission>` are sets. An index beside
them (cliquet.engines.redis.shared_ids) has what is shared with somebody, and the names
of permissions, so that nothing looks through all keys. The first lookup builds it.

Each operation is one script or one command: one round trip, and one atomic step; in a
cluster, one for each tag that objects have (cliquet.engines.redis.tags).
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from cliquet.engines.joint import Script
from cliquet.engines.redis.client import (
    RedisBackend,
    create_from_config,
    database_of_client,
    delete_keys,
    load_scripts,
    scan,
    tag_of_client,
)
from cliquet.engines.redis.shared_ids import (
    INDEX_PATTERNS,
    INDEXED,
    NAMES,
    OBJECT_IDS,
    is_ambiguous,
    object_key,
)
from cliquet.engines.redis.tags import ANY, by_tag, parent_of, tag_of
from cliquet.engines.shared_ids import Description, Probe
from cliquet.object_ids import RecordPath, matcher
from cliquet.permission.engine import EnginePermission, Pairs
from cliquet.types import Membership, Permissions, Principal

_SOURCES = load_scripts(__package__, before=OBJECT_IDS)


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
        self._tag = tag_of_client(client)
        # Users, and objects of no parent.
        self._top = self._tag("")
        self._any_tag = ANY if self._top else ""
        self._scripts = {
            name: client.register_script(source) for name, source in _SOURCES.items()
        }

    def _run(
        self, tag: str, script: str, *arguments: str, keys: Sequence[str] = ()
    ) -> Any:
        keys = [*_index_keys(tag), *keys]
        return self._scripts[script](keys=keys, args=arguments)

    def _tag_of(self, object_id: str) -> str:
        return self._tag(parent_of(object_id))

    def _user_key(self, user_id: str) -> str:
        return f"{self._top}user:{user_id}"

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Drop the index of what is shared: the next lookup builds it anew.

        3.1, to which one may have gone back for a while, does not maintain it. It knows
        no cluster.
        """
        if not dry_run and not self._top:
            self._client.delete(INDEXED)

    def flush(self) -> None:
        patterns = ("user:*", "permission:*", *INDEX_PATTERNS, NAMES, INDEXED)
        for pattern in patterns:
            delete_keys(self._client, scan(self._client, self._any_tag + pattern))

    def all_user_principals(self) -> list[tuple[str, Principal]]:
        return sorted(
            (key.removeprefix(self._user_key("")), principal)
            for key in scan(self._client, self._user_key("*"))
            for principal in _decode(self._client.smembers(key))
        )

    def all_permissions(self) -> list[tuple[str, str, Principal]]:
        found: list[tuple[str, str, Principal]] = []
        for key in scan(self._client, f"{self._any_tag}permission:*"):
            reply = self._run(tag_of(key), "entries", key)
            texts = [text.decode("utf-8") for text in reply]
            found += zip(texts[::3], texts[1::3], texts[2::3], strict=True)
        return sorted(found)

    def add_user_principal(self, user_id: str, principal: Principal) -> None:
        self._client.sadd(self._user_key(user_id), principal)

    def remove_user_principal(self, user_id: str, principal: Principal) -> None:
        self._client.srem(self._user_key(user_id), principal)

    def change_members(
        self, added: Collection[Membership], removed: Collection[Membership]
    ) -> None:
        self._run(self._top, "members", json.dumps([list(added), list(removed)]))

    def _script_of_members(
        self, added: Collection[Membership], removed: Collection[Membership]
    ) -> Script | None:
        arguments = [json.dumps([list(added), list(removed)])]
        return _script("members", self._top, arguments)

    def remove_principal(self, principal: Principal) -> None:
        self._run(self._top, "remove_principal", principal)

    def user_principals(self, user_id: str) -> set[Principal]:
        return _decode(self._client.smembers(self._user_key(user_id)))

    def add_principal_to_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        self._run(self._tag_of(object_id), "grant", object_id, permission, principal)

    def remove_principal_from_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        self._run(self._tag_of(object_id), "revoke", object_id, permission, principal)

    def probe(self, described: Description) -> Probe:
        prefix, permissions, principals = described
        asked = json.dumps([permissions, principals])
        found = self._run(self._tag_of(prefix), "is_any", prefix, asked)
        if found is None:
            # A replica without index.
            pairs = [(f"{prefix}*", permission) for permission in permissions]
            objects = self._search(pairs, set(principals))
            found = RecordPath(prefix).record_ids(objects)
        return Probe(bool(found))

    def _principals(self, pairs: Pairs) -> set[Principal]:
        # A key that cannot exist keeps the command valid, so that the server is asked.
        asked = by_tag(self._tag, pairs, itemgetter(0)) or {self._top: [("", "")]}
        found: set[Principal] = set()
        for tag, some in asked.items():
            if any(is_ambiguous(*pair) for pair in some):
                found |= _decode(self._run(tag, "principals", json.dumps(some)))
            else:
                keys = [tag + object_key(*pair) for pair in some]
                found |= _decode(self._client.sunion(keys))
        return found

    def _search(self, pairs: Pairs, principals: set[Principal]) -> set[str]:
        beginnings = [(pattern.partition("*")[0], wanted) for pattern, wanted in pairs]
        accessible: set[str] = set()
        for tag in self._tags():
            reply = self._run(tag, "search", json.dumps(beginnings), *principals)
            for (pattern, _), objects in zip(pairs, reply, strict=True):
                found = _decode(objects)
                if pattern.find("*") != len(pattern) - 1:
                    found = set(filter(matcher(pattern), found))
                accessible |= found
        return accessible

    def _tags(self) -> Iterable[str]:
        """Return the tags of all objects, which in a cluster are looked for."""
        if not self._top:
            return [self._top]
        return {tag_of(key) for key in scan(self._client, f"{self._any_tag}{NAMES}")}

    def _read(
        self, user_id: str, object_ids: Collection[str]
    ) -> tuple[set[Principal], dict[str, Permissions]]:
        groups = by_tag(self._tag, object_ids, str)
        principals: set[Principal] = set()
        permissions: dict[str, Permissions] = {}
        for tag, some in {self._top: [], **groups}.items():
            # Nobody is a user of another tag: none is read there.
            user = self._user_key(user_id) if tag == self._top else f"{tag}user:"
            groups_of_user, *objects = self._run(tag, "read", *some, keys=[user])
            principals |= _decode(groups_of_user)
            permissions |= zip(some, map(_entries, objects), strict=True)
        return principals, permissions

    def delete_object_permissions(self, *object_id_list: str) -> None:
        for tag, some in by_tag(self._tag, object_id_list, str).items():
            self._run(tag, "delete", *some)

    def _write(
        self, object_id: str, replaced: Collection[str], given: Pairs
    ) -> Permissions:
        steps = json.dumps([list(replaced), given])
        return _entries(self._run(self._tag_of(object_id), "write", object_id, steps))

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
        return _script("write", self._tag_of(object_id), arguments, _entries)

    def _script_of_deletion(self, *object_id_list: str) -> Script | None:
        tags = {*map(self._tag_of, object_id_list)} or {self._top}
        if len(tags) > 1:
            return None
        return _script("delete", tags.pop(), object_id_list)


def _index_keys(tag: str) -> list[str]:
    return [tag + INDEXED, tag + NAMES]


def _script(
    name: str,
    tag: str,
    arguments: Sequence[str],
    read: Callable[[Any], Any] = lambda reply: None,
) -> Script:
    """Return a script to run along with another one."""
    return Script(_SOURCES[name], _index_keys(tag), arguments, read)


def load_from_config(config: Any) -> Permission:
    """Build the backend (settings `permission_url`, `permission_pool_size`)."""
    return Permission(create_from_config(config, prefix="permission_"))
