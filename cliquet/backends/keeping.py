"""Which connection does a thread keep from one read to the next?

One at most, whatever the databases: whoever keeps one and waits for another might wait
for somebody who does the same. It is returned before the thread takes any other.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Reading(AbstractContextManager[Any], Protocol):
    """A block that reads by a connection of its own."""

    connection: Any

    @property
    def is_broken(self) -> bool:
        """Tell whether the connection can no longer be used."""


class _OfThread(threading.local):
    keeps = False
    """Inside `KeepingConnection`."""
    reading: Reading | None = None
    owner: Any = None
    inside = 0
    """Blocks that are reading by it now."""


_thread = _OfThread()


class KeepingConnection:
    """A block in which reads in a row take a connection from the pool once.

    It stays outside of transactions in between.
    """

    __slots__ = ("_is_outer",)

    def __enter__(self) -> None:
        self._is_outer, _thread.keeps = not _thread.keeps, True

    def __exit__(self, *raised: object) -> None:
        if self._is_outer:
            _thread.keeps = False
            release()


def release() -> None:
    """Return the kept connection to its pool, unless a block is reading by it."""
    if not _thread.inside:
        reading, _thread.reading = _thread.reading, None
        _thread.owner = None
        if reading is not None:
            reading.__exit__(None, None, None)


def reader(owner: Any, make: Callable[[Any], Reading]) -> AbstractContextManager[Any]:
    """Give a block that reads: by the kept connection, where one shall be kept.

    Args:
        owner: Of the connection, given to `make`.
        make: Makes a block with a connection of its own.
    """
    if not _thread.keeps:
        return make(owner)
    if _thread.owner is not owner:
        release()
        if _thread.reading is not None:
            # An enclosing block is reading elsewhere.
            return make(owner)
    return _Shared(owner, make)


class _Shared:
    """A block that reads by the connection that the thread keeps."""

    __slots__ = ("_make", "_owner")

    def __init__(self, owner: Any, make: Callable[[Any], Reading]) -> None:
        self._owner = owner
        self._make = make

    def __enter__(self) -> Any:
        if _thread.reading is None:
            reading = self._make(self._owner)
            reading.__enter__()
            _thread.reading, _thread.owner = reading, self._owner
        _thread.inside += 1
        return _thread.reading.connection

    def __exit__(self, kind: type[BaseException] | None, *raised: object) -> None:
        _thread.inside -= 1
        reading = _thread.reading
        if kind is not None or not _thread.keeps or (reading and reading.is_broken):
            release()
