"""Principals and permissions in Redis, under the keys of 3.1.x (backends §18.8).

`user:<user id>` and `permission:<object id>:<permission>` are sets. An index beside
them (cliquet.backends.redis_grants) tells what is shared with somebody, and all
permissions of an object, without looking through all keys: the first look makes it.

Each operation is one script or one command: one round trip, and one atomic step.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

from cliquet.backends.grants import GrantedIds, Grants, Sample
from cliquet.backends.redis import (
    client_settings,
    create_from_config,
    cut_scripts,
    delete_keys,
    scan,
    wrap_redis_error,
)
from cliquet.backends.redis_grants import (
    INDEX_PATTERNS,
    INDEXED,
    NAMES,
    database_of_client,
    object_key,
    parse_object_key,
)
from cliquet.permission.base import (
    BoundPermissions,
    PermissionBase,
    bound_couples,
    compile_pattern,
    pattern_couples,
)
from cliquet.permission.granted import find_below
from cliquet.types import Principal

_SCRIPTS = cut_scripts(resources.files(__package__).joinpath("redis_scripts.lua"))


def _user_key(user_id: str) -> str:
    return f"user:{user_id}"


def _decode(members: Iterable[bytes]) -> set[Principal]:
    return {member.decode("utf-8") for member in members}


def _entries(answer: Sequence[Any]) -> dict[str, set[Principal]]:
    """Read names of permissions and principals, by turns."""
    return {
        name.decode("utf-8"): _decode(members)
        for name, members in zip(answer[::2], answer[1::2], strict=True)
    }


class Permission(PermissionBase):
    """Permissions in a Redis database."""

    def __init__(self, client: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self._client = client
        self._scripts = {
            name: client.register_script(text) for name, text in _SCRIPTS.items()
        }

    @property
    def settings(self) -> dict[str, Any]:
        """Where the server is."""
        return client_settings(self._client)

    @property
    def database(self) -> Any:
        """Where the data is."""
        return database_of_client(self._client)

    def _run(self, script: str, *arguments: str, keys: Sequence[str] = ()) -> Any:
        return self._scripts[script](keys=[INDEXED, NAMES, *keys], args=arguments)

    @wrap_redis_error
    def initialize_schema(self, dry_run: bool = False) -> None:
        """Forget the index, which the next look makes again.

        Whoever went back to 3.1.x for a while wrote without it.
        """
        if not dry_run:
            self._client.delete(INDEXED)

    @wrap_redis_error
    def flush(self) -> None:
        patterns = ("user:*", "permission:*", *INDEX_PATTERNS)
        keys = [key for pattern in patterns for key in scan(self._client, pattern)]
        delete_keys(self._client, [NAMES, INDEXED, *keys])

    @wrap_redis_error
    def all_user_principals(self) -> list[tuple[str, Principal]]:
        return sorted(
            (key.removeprefix("user:"), principal)
            for key in scan(self._client, "user:*")
            for principal in _decode(self._client.smembers(key))
        )

    @wrap_redis_error
    def all_permissions(self) -> list[tuple[str, str, Principal]]:
        return sorted(
            (*parse_object_key(key), principal)
            for key in scan(self._client, "permission:*")
            for principal in _decode(self._client.smembers(key))
        )

    @wrap_redis_error
    def add_user_principal(self, user_id: str, principal: Principal) -> None:
        self._client.sadd(_user_key(user_id), principal)

    @wrap_redis_error
    def remove_user_principal(self, user_id: str, principal: Principal) -> None:
        self._client.srem(_user_key(user_id), principal)

    @wrap_redis_error
    def remove_principal(self, principal: Principal) -> None:
        self._run("remove principal", principal)

    @wrap_redis_error
    def user_principals(self, user_id: str) -> set[Principal]:
        return _decode(self._client.smembers(_user_key(user_id)))

    @wrap_redis_error
    def add_principal_to_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        self._run("grant", object_id, permission, principal)

    @wrap_redis_error
    def remove_principal_from_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        self._run("revoke", object_id, permission, principal)

    @wrap_redis_error
    def object_permission_principals(
        self, object_id: str, permission: str
    ) -> set[Principal]:
        return _decode(self._client.smembers(object_key(object_id, permission)))

    @wrap_redis_error
    def principals_accessible_objects(
        self,
        principals: Iterable[Principal],
        permission: str,
        object_id_match: str | None = None,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[str]:
        couples = pattern_couples(object_id_match, permission, get_bound_permissions)
        beginnings = [
            (pattern.partition("*")[0], wanted) for pattern, wanted in couples
        ]
        answer = self._run("search", json.dumps(beginnings), *principals)
        accessible: set[str] = set()
        for (pattern, _), objects in zip(couples, answer, strict=True):
            found = _decode(objects)
            if pattern.find("*") != len(pattern) - 1:
                found = set(filter(compile_pattern(pattern).match, found))
            accessible |= found
        return accessible

    def find_grants(
        self,
        principals: Iterable[Principal],
        permission: str,
        object_id_match: str,
        get_bound_permissions: BoundPermissions | None,
    ) -> GrantedIds | None:
        return find_below(
            self,
            self.database,
            self._sample,
            principals,
            permission,
            object_id_match,
            get_bound_permissions,
        )

    @wrap_redis_error
    def _sample(self, grants: Grants) -> Sample:
        asked = json.dumps([grants.permissions, grants.principals])
        found = self._run("is any", grants.prefix, asked)
        if found is not None:
            return Sample(bool(found))
        couples = [(grants.prefix, permission) for permission in grants.permissions]
        found = self._run("search", json.dumps(couples), *grants.principals)
        return Sample(any(found))

    @wrap_redis_error
    def object_permission_authorized_principals(
        self,
        object_id: str,
        permission: str,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[Principal]:
        couples = bound_couples(object_id, permission, get_bound_permissions)
        # A key that cannot exist keeps the command valid, so that the server is asked.
        keys = [object_key(*couple) for couple in couples] or ["permission::"]
        return _decode(self._client.sunion(keys))

    @wrap_redis_error
    def object_permissions(
        self, object_id: str, permissions: Iterable[str] | None = None
    ) -> dict[str, set[Principal]]:
        if permissions is None:
            return self.read_access("", [object_id])[1].get(object_id, {})
        prefix = object_key(object_id, "")
        keys = [prefix + name for name in permissions]
        with self._client.pipeline() as pipeline:
            pipeline.exists(prefix)
            for key in keys:
                pipeline.smembers(key)
            found = pipeline.execute()[1:]
        return {
            key.removeprefix(prefix): _decode(members)
            for key, members in zip(keys, found, strict=True)
            if members
        }

    @wrap_redis_error
    def read_access(
        self, user_id: str, object_ids: Collection[str]
    ) -> tuple[set[Principal], dict[str, dict[str, set[Principal]]]]:
        answer = self._run("read", *object_ids, keys=[_user_key(user_id)])
        principals, *objects = answer
        found = zip(object_ids, map(_entries, objects), strict=True)
        return _decode(principals), dict(found)

    @wrap_redis_error
    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[Principal]]
    ) -> None:
        self.write_object_permissions(object_id, permissions, {})

    @wrap_redis_error
    def delete_object_permissions(self, *object_id_list: str) -> None:
        self._run("delete", *object_id_list)

    @wrap_redis_error
    def write_object_permissions(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
    ) -> dict[str, set[Principal]]:
        steps = [
            (permission, is_replaced, list(principals))
            for permissions, is_replaced in ((replaced, True), (granted, False))
            for permission, principals in permissions.items()
        ]
        return _entries(self._run("write", object_id, json.dumps(steps)))


def load_from_config(config: Any) -> Permission:
    """Build the backend (settings `permission_url`, `permission_pool_size`)."""
    return Permission(create_from_config(config, prefix="permission_"))
