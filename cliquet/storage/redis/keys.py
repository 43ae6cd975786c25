"""Keys of collections in Redis (`docs: engines-redis-keys`).

A record of the collection `C`, parent `P`: `C.P.<id>.records`, its id in the set
`C.P.records`; likewise `deleted` for tombstones; `C.P.timestamp`. Besides, ids by
timestamp in `C.P.records.by_time` and `C.P.deleted.by_time`; `C.P.indexed` holds what
these know (scripts/writes/prelude.lua). `C.P.horizon` is up to when not all deletions
are known, `..horizon` the same of every collection.

These are the keys of 3.1.x, which stand for one thing only as long as no name holds a
dot. A key of a name that does has `;` before its end instead of the last dot, and
`%2E` and `%25` for dots and percents of names: `C.a%2Eb;records`. What 3.1.x left
under keys of its own is moved there (`moves.py`).

In a cluster, all of them begin with the tag of the parent besides.
"""

from collections.abc import Iterable

from cliquet.engines.redis.tags import Tag, are_together, parent_of, tag_of, untagged
from cliquet.storage.query import EVERY_COLLECTION, Scope

LIVE, DEAD, TIMESTAMP, INDEXED = "records", "deleted", "timestamp", "indexed"
HORIZON = "horizon"


class Keys:
    """Names of keys.

    Args:
        tag: Makes the tags of parents.
    """

    def __init__(self, tag: Tag) -> None:
        self._tag = tag

    def key(self, scope: Scope, kind: str, object_id: str | None = None) -> str:
        """Return the key of a record, or of something of a whole collection."""
        tag, parts = self.tag(scope), [scope.collection_id, scope.parent_id]
        if object_id is not None:
            parts.append(object_id)
        if has_dots(parts):
            return f"{tag}{_escaped(parts)};{kind}"
        return tag + ".".join([*parts, kind])

    def tag(self, scope: Scope) -> str:
        """Return the tag of a collection."""
        return self._tag(scope.parent_id)

    def is_shared_with(self, scope: Scope, prefix: str) -> bool:
        """Return whether permissions of what begins so are with a collection."""
        return self.tag(scope) == self._tag(parent_of(prefix))

    def are_together(self, names: Iterable[str]) -> bool:
        """Return whether keys may be used in one step: on a single server, all."""
        return self._tag is untagged or are_together(names)

    def scope_of(self, name: str) -> Scope | None:
        """Return the collection of the key of a timestamp, `None` if it is none."""
        tag = "" if self._tag is untagged else tag_of(name)
        return _parse_timestamp_key(name.removeprefix(tag))

    def old_key(self, scope: Scope, kind: str) -> str:
        """Return the key that 3.1.x has for something of a whole collection."""
        return self.tag(scope) + ".".join([*scope, kind])

    def beginning(self, scope: Scope) -> str:
        """Return what keys of values begin with, as scripts want it (keys.lua).

        The last character tells whether the names of the collection hold dots.
        """
        if has_dots(scope):
            return f"{self.tag(scope)}{_escaped(scope)};"
        return self.old_key(scope, "")

    def index_key(self, scope: Scope, kind: str) -> str:
        """Return the key of the ids by timestamp."""
        return f"{self.key(scope, kind)}.by_time"

    def of_write(self, scope: Scope, object_id: str = "") -> list[str]:
        """Return the keys of a script that writes a record."""
        return [
            self.key(scope, TIMESTAMP),
            self.key(scope, LIVE, object_id),
            self.key(scope, LIVE),
            self.key(scope, DEAD, object_id),
            self.key(scope, DEAD),
            self.key(scope, INDEXED),
            self.index_key(scope, LIVE),
            self.index_key(scope, DEAD),
        ]

    def of_page(self, scope: Scope) -> list[str]:
        """Return the keys of the script that reads a page."""
        return [
            self.key(scope, TIMESTAMP),
            self.key(scope, INDEXED),
            self.key(scope, LIVE),
            self.index_key(scope, LIVE),
            self.key(scope, DEAD),
            self.index_key(scope, DEAD),
        ]

    def of_horizons(self, scope: Scope) -> list[str]:
        """Return the keys of the horizons of a collection and of every one."""
        return [self.key(each, HORIZON) for each in (scope, EVERY_COLLECTION)]

    def of_move(self, scope: Scope) -> list[str]:
        """Return the keys of the script that moves one: old and new by turns."""
        kinds = (TIMESTAMP, LIVE, DEAD, INDEXED)
        return [
            name(scope, kind) for kind in kinds for name in (self.old_key, self.key)
        ]


def has_dots(names: Iterable[str]) -> bool:
    """Return whether keys of these names, or of a scope, are not those of 3.1.x."""
    return any("." in name for name in names)


def _parse_timestamp_key(name: str) -> Scope | None:
    """Return the collection of the key of a timestamp, `None` if it is none of ours.

    If it is one that 3.1.x left, the collection id is what comes before the first dot.
    """
    stem = name.removesuffix(TIMESTAMP)
    collection_id, dot, parent_id = stem[:-1].partition(".")
    if stem.endswith("."):
        return Scope(collection_id, parent_id)
    if not dot or "." in parent_id:
        return None
    return Scope(_unescaped(collection_id), _unescaped(parent_id))


def _escaped(parts: Iterable[str]) -> str:
    return ".".join(part.replace("%", "%25").replace(".", "%2E") for part in parts)


def _unescaped(part: str) -> str:
    return part.replace("%2E", ".").replace("%25", "%")
