"""Which objects are shared with somebody? Kept in memory, for lists to look it up."""

from collections.abc import Iterable, Iterator
from threading import RLock


class SharedObjects:
    """Ids of objects by permission and principal, then by what comes before the id.

    Attributes:
        lock: To be held by whoever uses the sets that it answers.
        changes: How often it changed.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.changes = 0
        self._shared: dict[tuple[str, str], dict[str, set[str]]] = {}

    def add(self, object_id: str, permission: str, principal: str) -> None:
        """Note that a principal has a permission on an object."""
        parent, object_id = split_uri(object_id)
        parents = self._shared.setdefault((permission, principal), {})
        parents.setdefault(parent, set()).add(object_id)
        self.changes += 1

    def discard(self, object_id: str, permission: str, principal: str) -> None:
        """Note that a principal no longer has a permission on an object."""
        parent, object_id = split_uri(object_id)
        parents = self._shared.get((permission, principal), {})
        ids = parents.get(parent, set())
        ids.discard(object_id)
        if not ids:
            parents.pop(parent, None)
        if not parents:
            self._shared.pop((permission, principal), None)
        self.changes += 1

    def clear(self) -> None:
        """Forget everything."""
        self._shared.clear()
        self.changes += 1

    def ids(
        self, parent: str, permissions: Iterable[str], principals: Iterable[str]
    ) -> list[set[str]]:
        """Find the ids of a parent, the largest set first; none is empty."""
        couples = [(each, one) for each in set(permissions) for one in set(principals)]
        found = (self._shared.get(couple, {}).get(parent) for couple in couples)
        return sorted(filter(None, found), key=len, reverse=True)

    def is_any(
        self, prefix: str, permissions: Iterable[str], principals: Iterable[str]
    ) -> bool:
        """Tell whether there is an object below a prefix that ends a segment."""
        principals = list(principals)
        return any(
            parent.startswith(prefix)
            for permission in permissions
            for principal in principals
            for parent in self._shared.get((permission, principal), ())
        )

    def find(
        self, prefix: str, permission: str, principals: Iterable[str]
    ) -> Iterator[str]:
        """Find the objects whose ids begin with a prefix, maybe twice."""
        for principal in principals:
            for parent, ids in self._shared.get((permission, principal), {}).items():
                if parent.startswith(prefix):
                    yield from (parent + each for each in ids)
                elif prefix.startswith(parent):
                    found = (parent + each for each in ids)
                    yield from (each for each in found if each.startswith(prefix))


def split_uri(object_id: str) -> tuple[str, str]:
    """Cut an object id into what comes before the id of a record, and that."""
    parent, slash, record_id = object_id.rpartition("/")
    return parent + slash, record_id
