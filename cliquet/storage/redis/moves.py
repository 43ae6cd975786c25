"""What 3.1.x left under keys of its own, moved to ours (`docs: engines-redis-keys`).

Its keys differ from ours only if a name holds a dot: nothing else is looked at. A
collection is moved by `cliquet migrate`, or when it is first used.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import redis

from cliquet.storage.query import Scope
from cliquet.storage.redis.keys import Keys, has_dots

Result = TypeVar("Result")

#: Most collections that are known to have nothing to move.
_MOST_KNOWN = 10_000


class Moves:
    """Moves collections of a Redis database.

    Args:
        move: The script, registered with a client.
        keys: Names keys.
    """

    def __init__(self, move: Callable[..., Any], keys: Keys) -> None:
        self._move = move
        self._keys = keys
        self._known: set[Scope] = set()

    def prepare(self, scope: Scope, object_id: str = "") -> None:
        """Move a collection, unless its keys and that of a record are those of 3.1.x.

        Each is looked at once by each process.
        """
        if has_dots((*scope, object_id)) and scope not in self._known:
            self.move(scope)

    def move(self, scope: Scope) -> None:
        """Move a collection; there may be nothing to move."""
        self._move(
            keys=self._keys.of_move(scope),
            args=[self._keys.old_key(scope, ""), self._keys.beginning(scope)],
        )
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known.add(scope)

    def with_record(
        self, scope: Scope, object_id: str, operation: Callable[[], Result]
    ) -> Result:
        """Do what concerns one record, whose key may be in the way of another one.

        3.1.x has the ids of the parent `a.b` where the record `b` of the parent `a` is.
        """
        self.prepare(scope, object_id)
        try:
            return operation()
        except redis.ResponseError as error:
            if "WRONGTYPE" not in str(error):
                raise
        self.make_way(scope, object_id)
        return operation()

    def make_way(self, scope: Scope, object_id: str) -> None:
        """Move the collection whose ids are where the record should be."""
        collection_id, parent_id = scope
        self.move(Scope(collection_id, f"{parent_id}.{object_id}"))
