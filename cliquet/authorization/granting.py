"""What grants a permission on an object: entries on it, on others, and settings.

Three settings say what follows from a permission (docs: permissions-implied). Without
them a permission is granted by its own entries, or by those that the policy of an
application binds to it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from pyramid.settings import asbool

from cliquet.text import aslist

Pairs = Sequence[tuple[str, str]]
"""Object ids, each with a permission: an entry of any of them grants what was asked."""

BindPermissions = Callable[[str, str], Iterable[tuple[str, str]]]
"""From an object id and a permission to pairs: `get_bound_permissions` of a policy."""


class Implications(NamedTuple):
    """What follows from a permission, by the settings of the same names."""

    write_implies_read: bool = False
    create_implies_list: bool = False
    inherit_permissions: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Implications":
        """Read the settings."""
        return cls(*(asbool(settings.get(name, False)) for name in cls._fields))


class Grants(NamedTuple):
    """What grants a permission on an object.

    Attributes:
        principals: Those whom settings grant it.
        pairs: Entries of the permission backend that grant it.
    """

    principals: frozenset[str]
    pairs: Pairs


def prefixes(object_id: str) -> list[str]:
    """Return an object id and all paths above it, the nearest first.

    >>> prefixes("/projects/1/tasks")
    ['/projects/1/tasks', '/projects/1', '/projects']
    """
    first, *segments = object_id.split("/")
    found = list(accumulate(segments, "{}/{}".format, initial=first))
    return [each for each in reversed(found) if each]


def related_objects(implications: Any, object_ids: Iterable[str]) -> frozenset[str]:
    """Return the objects whose permissions count for some objects.

    Args:
        implications: Those of the application, `None` where it has none.
        object_ids: The objects.
    """
    if not getattr(implications, "inherit_permissions", False):
        return frozenset(object_ids)
    return frozenset(each for one in object_ids for each in prefixes(one))


def listed_principals(
    settings: Mapping[str, Any], resource_name: str | None, permission: str | None
) -> list[str]:
    """Return the principals of `<resource_name>_<permission>_principals`."""
    listed = settings.get(f"{resource_name}_{permission}_principals")
    if isinstance(listed, str):
        listed = listed.replace(",", " ")
    return aslist(listed) if listed else []


class Granting:
    """Finds what grants permissions, where settings imply some by others.

    A setting `<resource>_<permission>_principals` replaces the entries for that
    permission, inherited ones too; who may write reads nevertheless.

    Args:
        implications: What is implied.
        by_hand: `get_bound_permissions` of the policy: it replaces inheritance.
        name_all: Returns the names of the resources of some objects, None for what is
            none.
        settings: Of the application.
        replaced: Permissions on the objects themselves, with the principals who have
            them whatever settings say.
    """

    def __init__(
        self,
        implications: Implications,
        by_hand: BindPermissions | None,
        name_all: Callable[[Sequence[str]], Sequence[str | None]],
        settings: Mapping[str, Any],
        replaced: Mapping[str, Sequence[str]],
    ) -> None:
        self.implications = implications
        self._by_hand = by_hand
        self._replaced = replaced
        self._name_all = name_all
        self._settings = settings
        self._inherits = implications.inherit_permissions and by_hand is None
        self._known: dict[tuple[str, str], Grants] = {}

    def grants(self, object_id: str, permission: str) -> Grants:
        """Return what grants a permission on an object, or on those of a pattern."""
        key = (object_id, permission)
        if key not in self._known:
            chain = prefixes(object_id) if self._inherits else [object_id]
            walk = _Walk(self, chain, self._name_all(chain))
            walk.climb(0, permission)
            found = Grants(frozenset(walk.principals), list(walk.pairs))
            self._known[key] = found
        return self._known[key]

    def pairs(self, object_id: str, permission: str) -> Pairs:
        """Return the entries any of which grants a permission on an object."""
        return self.grants(object_id, permission).pairs

    def listed(
        self, level: int, resource_name: str | None, permission: str
    ) -> Sequence[str]:
        """Return the principals who have a permission whatever is kept."""
        if level == 0 and permission in self._replaced:
            return self._replaced[permission]
        own = permission.removeprefix(f"{resource_name}:")
        return listed_principals(self._settings, resource_name, own)

    def bound(self, object_id: str, permission: str) -> Pairs:
        """Return the pairs that grant a permission by themselves."""
        if self._by_hand is None:
            return [(object_id, permission)]
        return list(self._by_hand(object_id, permission))

    def implying(self, permission: str) -> str | None:
        """Return the permission that implies another one on the same object."""
        if permission == "read" and self.implications.write_implies_read:
            return "write"
        return None

    def creates_by(self, level: int, permission: str) -> str | None:
        """Return the permission on what is above a collection that lets create in it.

        That on the collection itself does not.
        """
        creates = level > 0 and permission.endswith(":create")
        return "write" if creates else None


class _Walk:
    """Collects what grants a permission, from an object upwards, each place once."""

    def __init__(
        self, granting: Granting, chain: Sequence[str], names: Sequence[str | None]
    ) -> None:
        self._granting = granting
        self._chain = chain
        self._names = names
        self._seen: set[tuple[int, str]] = set()
        self.principals: set[str] = set()
        self.pairs: dict[tuple[str, str], None] = {}

    def climb(self, level: int, permission: str) -> None:
        """Collect what grants a permission on the object of a level."""
        granting = self._granting
        while level < len(self._chain) and (level, permission) not in self._seen:
            self._seen.add((level, permission))
            implying = granting.implying(permission)
            if implying is not None:
                self.climb(level, implying)
            listed = granting.listed(level, self._names[level], permission)
            if listed:
                self.principals.update(listed)
                return
            bound = granting.bound(self._chain[level], permission)
            self.pairs.update(dict.fromkeys(bound))
            creating = granting.creates_by(level, permission)
            if creating is not None:
                self.climb(level, creating)
            level += 1
