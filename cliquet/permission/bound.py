"""Permissions that grant others, as the policy of an application binds them."""

from collections.abc import Callable, Iterable

from cliquet.object_ids import RecordPath

BoundPermissions = Callable[[str, str], Iterable[tuple[str, str]]]
"""From an object id and a permission to the pairs of both any of which grants it."""


def bound_pairs(
    object_id: str, permission: str, get_bound_permissions: BoundPermissions | None
) -> list[tuple[str, str]]:
    """Return the pairs of object id and permission any of which grants a permission."""
    if get_bound_permissions is None:
        return [(object_id, permission)]
    return list(get_bound_permissions(object_id, permission))


def pattern_pairs(
    object_id_match: str | None,
    permission: str,
    get_bound_permissions: BoundPermissions | None,
) -> list[tuple[str, str]]:
    """Return the pairs of pattern and permission that a search is made of."""
    pattern = object_id_match or "*"
    pairs = bound_pairs(pattern, permission, get_bound_permissions)
    return [pair for pair in pairs if pair[0].endswith(pattern)]


def bound_paths(
    path: RecordPath, permission: str, get_bound_permissions: BoundPermissions | None
) -> list[RecordPath]:
    """Return the object ids any of which may grant a permission on a record."""
    pairs = pattern_pairs(path.pattern, permission, get_bound_permissions)
    return path.followed_by_itself(pattern for pattern, _ in pairs)
