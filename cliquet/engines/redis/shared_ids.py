"""Under which keys Redis has permissions, and what is shared with whom.

`permission:<object id>:<permission>` is the set of principals, as in 3.1. Where an
object id or a permission has a colon, one key may stand for several pairs of them: the
index tells which. Of what 3.1 wrote, the last name is the permission, `…:create`
counting as one name.

The index, which 3.1 does not have, stands beside them:

* `permissions:shared:<parent>:<permission>:<principal>`: ids of the records that are
  shared below a parent, `/notes/` for `/notes/abc`; without parent, the object ids of
  what is no such record;
* `permissions:parents:<permission>:<principal>`: the parents below which something is;
* `permissions:names`: the names of permissions that exist at all (`read`, `write`…);
* `permissions:indexed` exists once these hold what they should.

In a cluster, all of them begin with a tag: objects of one parent are together, with an
index of their own, which is never missing. Users are with what has no parent.
"""

import json

from cliquet.engines.redis.client import load_scripts
from cliquet.engines.shared_ids import Description

INDEXED, NAMES = "permissions:indexed", "permissions:names"
INDEX_PATTERNS = ("permissions:shared:*", "permissions:parents:*")

#: What scripts about shared records begin with.
OBJECT_IDS = load_scripts(__package__)["object_ids"]

_COLON = "\x1f"


def _escaped(text: str) -> str:
    """Return a text without colons, which another one may follow."""
    return text.replace(":", _COLON)


def object_key(object_id: str, permission: str) -> str:
    """Return the key of the principals that have a permission on an object."""
    return f"permission:{object_id}:{permission}"


def is_ambiguous(object_id: str, permission: str) -> bool:
    """Return whether the key of a permission may be that of another one."""
    return ":" in object_id or ":" in permission


def shared_key(parent: str, permission: str, principal: str) -> str:
    """Return the key of the ids that are shared below a parent."""
    return f"permissions:shared:{_escaped(parent)}:{_escaped(permission)}:{principal}"


def as_argument(described: Description, tag: str) -> str:
    """Return the argument that restricts a script of the storage to shared records."""
    pairs = [
        {
            "set": tag + shared_key(described.prefix, permission, principal),
            "permission": permission,
            "principal": principal,
        }
        for permission in described.permissions
        for principal in described.principals
    ]
    beginning = tag + object_key(described.prefix, "").removesuffix(":")
    indexed = "" if tag else INDEXED
    return json.dumps({"indexed": indexed, "beginning": beginning, "pairs": pairs})
