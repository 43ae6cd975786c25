"""Under which keys does Redis have permissions, and what is shared with whom?

`permission:<object id>:<permission>` is the set of principals (backends §18.8). A colon
inside an object id, which 3.1.x could not tell from the one before the permission, is
written as a control character that no URI holds.

Besides, `permissions:shared:<parent>:<permission>:<principal>` has the ids of what is
shared below a parent: `/notes/` for `/notes/abc`. `permissions:parents:<permission>:
<principal>` has the parents of which there is something. `permissions:names` has what
may be done at all (`read`, `write`…). 3.1.x does not have them: they hold what they
should once `permissions:indexed` is there.
"""

import json
from typing import Any

from cliquet.backends.grants import Grants

INDEXED, NAMES = "permissions:indexed", "permissions:names"
INDEX_PATTERNS = ("permissions:shared:*", "permissions:parents:*")

_COLON = "\x1f"


def escaped(text: str) -> str:
    """Write a text that may be followed by another one."""
    return text.replace(":", _COLON)


def object_key(object_id: str, permission: str) -> str:
    """Tell the key of the principals that have a permission on an object."""
    return f"permission:{escaped(object_id)}:{permission}"


def parse_object_key(key: str) -> tuple[str, str]:
    """Tell object id and permission of a key."""
    object_id, _, permission = key.removeprefix("permission:").partition(":")
    return object_id.replace(_COLON, ":"), permission


def shared_key(parent: str, permission: str, principal: str) -> str:
    """Tell the key of the ids that are shared below a parent."""
    return f"permissions:shared:{escaped(parent)}:{escaped(permission)}:{principal}"


def as_argument(grants: Grants | None) -> str:
    """Tell a script what has to be shared."""
    if grants is None:
        return ""
    couples = [
        {
            "set": shared_key(grants.prefix, permission, principal),
            "permission": permission,
            "principal": principal,
        }
        for permission in grants.permissions
        for principal in grants.principals
    ]
    beginning = f"permission:{escaped(grants.prefix)}"
    return json.dumps({"indexed": INDEXED, "beginning": beginning, "couples": couples})


def database_of_client(client: Any) -> tuple[Any, ...]:
    """Tell which database a client uses, and as whom."""
    known = client.connection_pool.connection_kwargs
    defaults = {"host": "localhost", "port": 6379, "path": None, "db": 0}
    where = (known.get(name) or default for name, default in defaults.items())
    return ("redis", *where, known.get("username"))
