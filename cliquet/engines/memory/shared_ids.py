"""An index of what is shared with whom, kept in memory for lists of shared records."""

from collections.abc import Iterable, Iterator
from threading import RLock

from cliquet.engines.shared_ids import Description
from cliquet.object_ids import quote_ids, unquote_id


class SharedIndex:
    """Record ids by permission and principal, then by the part of the URI before them.

    Attributes:
        lock: Held by whoever uses the sets that it returns.
        changes: How many times it was changed.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.changes = 0
        self._shared: dict[tuple[str, str], dict[str, set[str]]] = {}

    def add(self, object_id: str, permission: str, principal: str) -> None:
        """Add an object on which a principal has a permission."""
        parent, record_id = _split(object_id)
        parents = self._shared.setdefault((permission, principal), {})
        parents.setdefault(parent, set()).add(record_id)
        self.changes += 1

    def discard(self, object_id: str, permission: str, principal: str) -> None:
        """Remove an object on which a principal no longer has a permission."""
        parent, record_id = _split(object_id)
        parents = self._shared.get((permission, principal), {})
        ids = parents.get(parent, set())
        ids.discard(record_id)
        if not ids:
            parents.pop(parent, None)
        if not parents:
            self._shared.pop((permission, principal), None)
        self.changes += 1

    def clear(self) -> None:
        """Remove everything."""
        self._shared.clear()
        self.changes += 1

    def ids(self, described: Description) -> list[set[str]]:
        """Return sets of the ids of a description, the largest one first."""
        found = (
            self._shared.get((permission, principal), {}).get(described.prefix)
            for permission in described.permissions
            for principal in described.principals
        )
        return sorted(filter(None, found), key=len, reverse=True)

    def find(
        self, prefix: str, permission: str, principals: Iterable[str]
    ) -> Iterator[str]:
        """Yield the objects whose ids begin with a prefix, some of them twice."""
        for principal in principals:
            for parent, ids in self._shared.get((permission, principal), {}).items():
                segments = quote_ids(ids) if parent else ids
                found = (parent + each for each in segments)
                if parent.startswith(prefix):
                    yield from found
                elif prefix.startswith(parent):
                    yield from (each for each in found if each.startswith(prefix))


def _split(object_id: str) -> tuple[str, str]:
    """Return the part before a record id, and that; what is no record has no parent."""
    parent, slash, segment = object_id.rpartition("/")
    record_id = unquote_id(segment) if slash else None
    return ("", object_id) if record_id is None else (parent + slash, record_id)
