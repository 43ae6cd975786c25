"""Which records are shared, for a storage to look up in its own way?"""

from collections.abc import Callable, Iterable
from typing import Any

from cliquet.backends.grants import GrantedIds, Grants, Sample
from cliquet.permission.base import (
    BoundPermissions,
    PermissionBase,
    pattern_couples,
)
from cliquet.types import Principal


def find_below(
    backend: PermissionBase,
    database: Any,
    sample: Callable[[Grants], Sample],
    principals: Iterable[Principal],
    permission: str,
    object_id_match: str,
    get_bound_permissions: BoundPermissions | None,
) -> GrantedIds | None:
    """Answer `find_grants` for the records of one collection.

    Args:
        backend: Reads the ids, if somebody has to.
        database: Where the permissions are, as `Grants` has it.
        sample: Tells whether there are any.
        principals: As for `find_grants`; so are the following ones.

    Returns:
        None for patterns of other forms, and for permissions on other objects that are
        bound to those: they are searched as before.
    """
    couples = pattern_couples(object_id_match, permission, get_bound_permissions)
    prefix = object_id_match.removesuffix("*")
    is_of_one = object_id_match.endswith("/*") and "*" not in prefix
    if not is_of_one or any(pattern != object_id_match for pattern, _ in couples):
        return None
    permissions = tuple(dict.fromkeys(wanted for _, wanted in couples))
    grants = Grants(database, prefix, permissions, tuple(dict.fromkeys(principals)))

    def read() -> list[str]:
        found = backend.principals_accessible_objects(
            grants.principals, permission, object_id_match, get_bound_permissions
        )
        return [object_id.removeprefix(prefix) for object_id in found]

    return GrantedIds(grants, lambda: sample(grants), read)
