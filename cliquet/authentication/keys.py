"""API keys as they are kept: one record each, in a collection that no resource has.

A key is 256 random bits: nobody finds it by trying, whatever the hash costs, so that
SHA-256 suffices. Salts and slow hashes are for what people make up. Whoever reads the
database cannot use what is there.
"""

import re
import secrets
import time
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import Any, NamedTuple

from cliquet.authentication.bearer import is_name
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.types import Timestamp

COLLECTION = {"collection_id": "__api_keys__", "parent_id": "__api_keys__"}
"""Where they are kept."""

BELIEVED = 4.0
"""Seconds for which a key that was found counts without being looked for again: whoever
revokes one is promised five, of which a request may take one."""

CACHED = 10_000
"""Keys that are remembered, at most."""

#: The prefix is for tools that look for secrets in what is published.
_PREFIX = "ck_"
_SHAPE = re.compile(rf"{_PREFIX}[A-Za-z0-9_-]{{43}}")
_SHORTEST_ID = 8


class StoredKey(NamedTuple):
    """What is known of a key.

    Attributes:
        id: Its hash.
        user: Whose it is, without the name of a policy.
        created: When, in milliseconds.
    """

    id: str
    user: str
    created: Timestamp


class UnknownKeyError(Exception):
    """There is no such key, or more than one."""


def is_key(text: str) -> bool:
    """Return whether a text looks like a key: others are not looked for."""
    return _SHAPE.fullmatch(text) is not None


def id_of(key: str) -> str:
    """Return the id of the record of a key."""
    return sha256(key.encode()).hexdigest()


def create(storage: Any, user: str) -> tuple[str, StoredKey]:
    """Return a new key of a user: it can be read this once.

    Raises:
        ValueError: It is no name of a user.
    """
    if not is_name(user):
        raise ValueError(f"{user!r} cannot be the name of a user")
    key = f"{_PREFIX}{secrets.token_urlsafe(32)}"
    stored = storage.create(record={"id": id_of(key), "user": user}, **COLLECTION)
    return key, _as_stored(stored)


def find(storage: Any, key_id: str) -> str | None:
    """Return the user of a key, None if there is no such key."""
    try:
        user = storage.get(object_id=key_id, **COLLECTION).get("user")
    except RecordNotFoundError:
        return None
    return user if is_name(user) else None


def list_all(storage: Any) -> list[StoredKey]:
    """Return all keys, those of one user together."""
    found, _ = storage.get_all(**COLLECTION)
    return sorted(map(_as_stored, found), key=lambda key: (key.user, key.created))


def revoke(storage: Any, asked: str) -> StoredKey:
    """Delete a key.

    Args:
        storage: Where it is kept.
        asked: The key itself, or the begin of its id.

    Raises:
        UnknownKeyError: There is none, or more than one begins like that.
    """
    start = id_of(asked) if is_key(asked) else asked.lower()
    if len(start) < _SHORTEST_ID:
        raise UnknownKeyError(f"Say at least {_SHORTEST_ID} digits of its id")
    found = [key for key in list_all(storage) if key.id.startswith(start)]
    if len(found) != 1:
        raise UnknownKeyError("Several keys begin so" if found else "No such key")
    storage.delete(object_id=found[0].id, **COLLECTION)
    return found[0]


def _as_stored(record: dict[str, Any]) -> StoredKey:
    return StoredKey(record["id"], str(record.get("user")), record["last_modified"])


class Remembered:
    """The users of keys that were found lately, the newest last.

    Keys that are unknown are not remembered: a new one counts at once, and whoever
    makes some up drives nobody's out.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._found: dict[str, tuple[float, str]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._found)

    def user_of(self, storage: Any, key_id: str) -> str | None:
        """Return the user of a key, from the storage unless it was found just now."""
        # Before the look: what is revoked during it counts no longer than promised.
        now = self._clock()
        looked_at, user = self._found.get(key_id, (float("-inf"), ""))
        if now - looked_at < BELIEVED:
            return user
        found = find(storage, key_id)
        with self._lock:
            self._found.pop(key_id, None)
            if found is not None:
                while len(self._found) >= CACHED:
                    del self._found[next(iter(self._found))]
                self._found[key_id] = (now, found)
        return found
