"""Principals and permissions in Redis, under the keys of 3.1.x (backends §18.8).

`user:<user id>` and `permission:<object id>:<permission>` are sets. A colon inside an
object id, which 3.1.x could not tell from the one before the permission, is written
as a control character that no URI holds.

What may be done at all (`read`, `write`…) is in the set `permissions:names`, for all
permissions of an object to be found without looking through all keys. 3.1.x does not
have it: it is complete once it holds an empty name.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from cliquet.backends.redis import (
    client_settings,
    create_from_config,
    scan,
    wrap_redis_error,
)
from cliquet.permission.base import (
    BoundPermissions,
    PermissionBase,
    bound_couples,
    compile_pattern,
    pattern_couples,
)
from cliquet.types import Principal

_COLON = "\x1f"
_NAMES = "permissions:names"
_EVERYTHING = ""

# KEYS: names of permissions, a user. ARGV: beginnings of the keys of objects. Answers
# the principals of the user, then for each object its permissions: name, principals.
_READ = """
if redis.call('SISMEMBER', KEYS[1], '') == 0 then
    return false
end
local names = redis.call('SMEMBERS', KEYS[1])
local found = {redis.call('SMEMBERS', KEYS[2])}
for place, beginning in ipairs(ARGV) do
    local entries = {}
    for _, name in ipairs(names) do
        local principals = redis.call('SMEMBERS', beginning .. name)
        if #principals > 0 then
            table.insert(entries, name)
            table.insert(entries, principals)
        end
    end
    found[place + 1] = entries
end
return found
"""


def _user_key(user_id: str) -> str:
    return f"user:{user_id}"


def _object_key(object_id: str, permission: str) -> str:
    return f"permission:{object_id.replace(':', _COLON)}:{permission}"


def _parse_key(key: str) -> tuple[str, str]:
    """Tell object id and permission of a key."""
    object_id, _, permission = key.removeprefix("permission:").partition(":")
    return object_id.replace(_COLON, ":"), permission


def _decode(members: Iterable[bytes]) -> set[Principal]:
    return {member.decode("utf-8") for member in members}


class Permission(PermissionBase):
    """Permissions in a Redis database."""

    def __init__(self, client: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self._client = client
        self._read = client.register_script(_READ)

    @property
    def settings(self) -> dict[str, Any]:
        """Where the server is."""
        return client_settings(self._client)

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Do nothing: there is no schema."""

    @wrap_redis_error
    def flush(self) -> None:
        keys = scan(self._client, "user:*") + scan(self._client, "permission:*")
        self._client.delete(_NAMES, *keys)

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
            (*_parse_key(key), principal)
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
        keys = scan(self._client, "user:*")
        with self._client.pipeline() as pipeline:
            for key in keys:
                pipeline.srem(key, principal)
            pipeline.execute()

    @wrap_redis_error
    def user_principals(self, user_id: str) -> set[Principal]:
        return _decode(self._client.smembers(_user_key(user_id)))

    @wrap_redis_error
    def add_principal_to_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        with self._client.pipeline() as pipeline:
            pipeline.sadd(_NAMES, permission)
            pipeline.sadd(_object_key(object_id, permission), principal)
            pipeline.execute()

    @wrap_redis_error
    def remove_principal_from_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        self._client.srem(_object_key(object_id, permission), principal)

    @wrap_redis_error
    def object_permission_principals(
        self, object_id: str, permission: str
    ) -> set[Principal]:
        return _decode(self._client.smembers(_object_key(object_id, permission)))

    @wrap_redis_error
    def principals_accessible_objects(
        self,
        principals: Iterable[Principal],
        permission: str,
        object_id_match: str | None = None,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[str]:
        couples = pattern_couples(object_id_match, permission, get_bound_permissions)
        compiled = [(compile_pattern(pattern), wanted) for pattern, wanted in couples]
        matching = [
            (key, object_id)
            for key in scan(self._client, "permission:*")
            for object_id, found in [_parse_key(key)]
            if any(
                found == wanted and pattern.match(object_id)
                for pattern, wanted in compiled
            )
        ]
        wanted_principals = set(principals)
        with self._client.pipeline() as pipeline:
            for key, _ in matching:
                pipeline.smembers(key)
            found_principals = pipeline.execute()
        return {
            object_id
            for (_, object_id), members in zip(matching, found_principals, strict=True)
            if not wanted_principals.isdisjoint(_decode(members))
        }

    @wrap_redis_error
    def object_permission_authorized_principals(
        self,
        object_id: str,
        permission: str,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[Principal]:
        couples = bound_couples(object_id, permission, get_bound_permissions)
        # A key that cannot exist keeps the command valid, so that the server is asked.
        keys = [_object_key(*couple) for couple in couples] or ["permission::"]
        return _decode(self._client.sunion(keys))

    @wrap_redis_error
    def object_permissions(
        self, object_id: str, permissions: Iterable[str] | None = None
    ) -> dict[str, set[Principal]]:
        if permissions is None:
            return self.read_access("", [object_id])[1].get(object_id, {})
        prefix = _object_key(object_id, "")
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
        keys = [_NAMES, _user_key(user_id)]
        beginnings = [_object_key(object_id, "") for object_id in object_ids]
        found = self._read(keys=keys, args=beginnings)
        if found is None:
            self._collect_names()
            found = self._read(keys=keys, args=beginnings)
        principals, *objects = found
        access = {
            object_id: {
                name.decode("utf-8"): _decode(members)
                for name, members in zip(entries[::2], entries[1::2], strict=True)
            }
            for object_id, entries in zip(object_ids, objects, strict=True)
        }
        return _decode(principals), access

    def _collect_names(self) -> list[str]:
        """Look through all keys, once, for what was written without the names."""
        found = {_parse_key(key)[1] for key in scan(self._client, "permission:*")}
        self._client.sadd(_NAMES, _EVERYTHING, *found)
        return [*found]

    def _names(self) -> list[str]:
        found = _decode(self._client.smembers(_NAMES))
        return [*found] if _EVERYTHING in found else self._collect_names()

    @wrap_redis_error
    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[Principal]]
    ) -> None:
        self._write(object_id, permissions, {})

    @wrap_redis_error
    def delete_object_permissions(self, *object_id_list: str) -> None:
        names = self._names()
        keys = [
            _object_key(object_id, name)
            for object_id in object_id_list
            for name in names
        ]
        if keys:
            self._client.delete(*keys)

    @wrap_redis_error
    def write_object_permissions(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
    ) -> dict[str, set[Principal]]:
        self._write(object_id, replaced, granted)
        return self.object_permissions(object_id)

    def _write(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
    ) -> None:
        with self._client.pipeline() as pipeline:
            # Something to send even if there is nothing to write: a server that is
            # away has to be noticed.
            pipeline.delete(_object_key(object_id, ""))
            if replaced or granted:
                pipeline.sadd(_NAMES, *replaced, *granted)
            for permission in replaced:
                pipeline.delete(_object_key(object_id, permission))
            for given in (replaced, granted):
                for permission, principals in given.items():
                    members = list(principals)
                    if members:
                        pipeline.sadd(_object_key(object_id, permission), *members)
            pipeline.execute()


def load_from_config(config: Any) -> Permission:
    """Build the backend (settings `permission_url`, `permission_pool_size`)."""
    return Permission(create_from_config(config, prefix="permission_"))
