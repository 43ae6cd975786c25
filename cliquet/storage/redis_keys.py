"""Under which keys is a collection in Redis, and which scripts use them?

A record of the collection `C`, parent `P`: `C.P.<id>.records` (backends §13), its id
in the set `C.P.records`; likewise `deleted` for tombstones; `C.P.timestamp`. Besides,
ids by timestamp in `C.P.records.by_time` and `C.P.deleted.by_time`; `C.P.indexed`
tells what these know (redis_writes.lua).
"""

from importlib import resources

from cliquet.backends.redis import cut_scripts
from cliquet.storage.query import Scope

LIVE, DEAD, TIMESTAMP, INDEXED = "records", "deleted", "timestamp", "indexed"


_WRITES, _LISTS = (
    cut_scripts(resources.files(__package__).joinpath(f"redis_{kind}.lua"))
    for kind in ("writes", "lists")
)
CREATE, UPDATE, DELETE = (_WRITES[name] for name in ("create", "update", "delete"))
DELETE_MANY, PURGE = _WRITES["delete many"], _WRITES["purge"]
READ_ALL, READ_IDS, READ_PAGE = (
    _LISTS[name] for name in ("read all", "read ids", "read page")
)
SCRIPTS = (*_WRITES.values(), *_LISTS.values())


def key(scope: Scope, kind: str, object_id: str | None = None) -> str:
    """Tell the key of a record, or of something of a whole collection."""
    parts = [scope.collection_id, scope.parent_id]
    if object_id is not None:
        parts.append(object_id)
    return ".".join([*parts, kind])


def index_key(scope: Scope, kind: str) -> str:
    """Tell the key of the ids by timestamp."""
    return f"{key(scope, kind)}.by_time"


def keys_of_write(scope: Scope, object_id: str = "") -> list[str]:
    """Tell the keys of a script that writes a record."""
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
    """Tell the keys of the script that reads a page."""
    return [
        key(scope, TIMESTAMP),
        key(scope, INDEXED),
        key(scope, LIVE),
        index_key(scope, LIVE),
        key(scope, DEAD),
        index_key(scope, DEAD),
    ]
