"""What is restored in Redis, a script for a part; its horizons and tombstones."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cliquet import serialization
from cliquet.engines.redis.client import scan
from cliquet.storage.query import Scope
from cliquet.storage.redis.keys import DEAD, HORIZON, INDEXED, LIVE, TIMESTAMP, Keys
from cliquet.storage.redis.moves import Moves
from cliquet.storage.transfer import Entry, Part, Restored, Transfer, newest
from cliquet.types import Timestamp

#: Ranks of Redis are signed.
_MOST = 2**62


class RedisTransfer(Transfer):
    """Methods of a storage in Redis."""

    _client: Any
    _scripts: dict[str, Callable[..., Any]]
    _keys: Keys
    _moves: Moves

    def horizons(self) -> Iterator[tuple[Scope, Timestamp]]:
        for name in scan(self._client, f"*[.;]{HORIZON}"):
            scope = self._keys.scope_of(name.removesuffix(HORIZON) + TIMESTAMP)
            horizon = self._client.get(name)
            if scope is not None and horizon is not None:
                yield scope, int(horizon)

    def restore(self, parts: Sequence[Part]) -> list[Restored]:
        return [self._restore(part) for part in parts]

    def _dead_times(
        self, scope: Scope, limit: int, newest_first: bool
    ) -> list[Timestamp] | None:
        """Return the timestamps of some tombstones by the index, if that knows them."""
        self._moves.prepare(scope)
        key = self._keys.key
        index = self._keys.index_key(scope, DEAD)
        found = self._scripts["dead_times"](
            keys=[key(scope, TIMESTAMP), key(scope, INDEXED), index],
            args=["last_modified", min(limit, _MOST), "newest" * newest_first],
        )
        return None if found is None else [int(time) for time in found]

    def _restore(self, part: Part) -> Restored:
        ids = (entry.data["id"] for entry in part.entries)
        self._moves.prepare(part.scope, next((each for each in ids if "." in each), ""))
        before, oldest = self._scripts["restore"](
            keys=self._keys.of_write(part.scope),
            args=[
                self._keys.beginning(part.scope),
                "last_modified",
                newest(part),
                *(value for entry in part.entries for value in _values(entry)),
            ],
        )
        return Restored(int(before or 0), int(oldest) if oldest else None)


def _values(entry: Entry) -> tuple[str, Timestamp, str, str]:
    fields = {**entry.data}
    at = fields.pop("last_modified")
    # Timestamps come last: scripts find them there.
    text = serialization.dumps({**fields, "last_modified": at})
    return entry.data["id"], at, LIVE if entry.is_live else DEAD, text
