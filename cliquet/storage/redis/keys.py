"""Keys of collections in Redis (`docs: engines-redis-keys`).

A record of the collection `C`, parent `P`: `C.P.<id>.records`, its id in the set
`C.P.records`; likewise `deleted` for tombstones; `C.P.timestamp`. Besides, ids by
timestamp in `C.P.records.by_time` and `C.P.deleted.by_time`; `C.P.indexed` holds what
these know (scripts/writes/prelude.lua).

These are the keys of 3.1.x, which stand for one thing only as long as no name holds a
dot. A key of a name that does has `;` before its end instead of the last dot, and
`%2E` and `%25` for dots and percents of names: `C.a%2Eb;records`. What 3.1.x left
under keys of its own is moved there (`moves.py`).
"""

from collections.abc import Iterable

from cliquet.storage.query import Scope

LIVE, DEAD, TIMESTAMP, INDEXED = "records", "deleted", "timestamp", "indexed"


def key(scope: Scope, kind: str, object_id: str | None = None) -> str:
    """Return the key of a record, or of something of a whole collection."""
    parts = [scope.collection_id, scope.parent_id]
    if object_id is not None:
        parts.append(object_id)
    if has_dots(parts):
        return f"{_escaped(parts)};{kind}"
    return ".".join([*parts, kind])


def old_key(scope: Scope, kind: str) -> str:
    """Return the key that 3.1.x has for something of a whole collection."""
    return ".".join([*scope, kind])


def beginning(scope: Scope) -> str:
    """Return what keys of values begin with, as scripts want it (keys.lua).

    The last character tells whether the names of the collection hold dots.
    """
    return f"{_escaped(scope)};" if has_dots(scope) else old_key(scope, "")


def has_dots(names: Iterable[str]) -> bool:
    """Return whether keys of these names, or of a scope, are not those of 3.1.x."""
    return any("." in name for name in names)


def parse_timestamp_key(name: str) -> Scope | None:
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


def index_key(scope: Scope, kind: str) -> str:
    """Return the key of the ids by timestamp."""
    return f"{key(scope, kind)}.by_time"


def keys_of_write(scope: Scope, object_id: str = "") -> list[str]:
    """Return the keys of a script that writes a record."""
    return [
        key(scope, TIMESTAMP),
        key(scope, LIVE, object_id),
        key(scope, LIVE),
        key(scope, DEAD, object_id),
        key(scope, DEAD),
        key(scope, INDEXED),
        index_key(scope, LIVE),
        index_key(scope, DEAD),
    ]


def keys_of_page(scope: Scope) -> list[str]:
    """Return the keys of the script that reads a page."""
    return [
        key(scope, TIMESTAMP),
        key(scope, INDEXED),
        key(scope, LIVE),
        index_key(scope, LIVE),
        key(scope, DEAD),
        index_key(scope, DEAD),
    ]


def keys_of_move(scope: Scope) -> list[str]:
    """Return the keys of the script that moves a collection: old and new by turns."""
    kinds = (TIMESTAMP, LIVE, DEAD, INDEXED)
    return [name(scope, kind) for kind in kinds for name in (old_key, key)]


def _escaped(parts: Iterable[str]) -> str:
    return ".".join(part.replace("%", "%25").replace(".", "%2E") for part in parts)


def _unescaped(part: str) -> str:
    return part.replace("%2E", ".").replace("%25", "%")
