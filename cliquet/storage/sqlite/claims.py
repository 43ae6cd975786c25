"""Keys of requests that are running, among all processes that use an SQLite file.

A lock of the database file would have others wait, and a row would stay when its
process dies. Each claim locks one byte of a file beside the database, at an offset that
the key gives; the system unlocks it with the process. Nothing is ever written there.

Such locks belong to a process, and are lost when it closes the file anywhere: one
object for each file, that never closes it, keeps its threads apart besides.
"""

import errno
import os
from hashlib import sha256
from pathlib import Path
from threading import Lock

from cliquet.engines.exceptions import BackendError
from cliquet.storage.answers import Claims

try:
    import fcntl
except ImportError:  # pragma: no cover -- Windows
    fcntl = None  # type: ignore[assignment]

CAN_CLAIM = fcntl is not None
"""Whether processes can keep out one another."""

_HELD = (errno.EACCES, errno.EAGAIN)
_KNOWN: dict[str | None, "Claims"] = {}
_KNOWN_LOCK = Lock()


class _FileClaims(Claims):
    """Claims that other processes see.

    Args:
        path: Of a file that is made when it is needed.
    """

    _descriptor: int | None = None

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def _take_outside(self, key: str) -> bool:
        try:
            with self._lock:
                if self._descriptor is None:
                    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
                    self._descriptor = os.open(self._path, flags, 0o666)
            fcntl.lockf(
                self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _offset(key)
            )
        except OSError as error:
            if error.errno in _HELD:
                return False
            raise BackendError(error) from error
        return True

    def _release_outside(self, key: str) -> None:
        if self._descriptor is not None:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, _offset(key))


def _offset(key: str) -> int:
    """Return a place in a file for a key: no two have the same, in practice."""
    return int.from_bytes(sha256(key.encode()).digest()[:8], "big") >> 2


def claims_of(path: str | None) -> Claims:
    """Return the claims of a database file, the same for all of this process.

    One in memory is of this process alone.
    """
    if not path or path == ":memory:" or path.startswith("file:"):
        return Claims()
    name = f"{Path(path).resolve()}-claims"
    with _KNOWN_LOCK:
        return _KNOWN.setdefault(name, _FileClaims(name))
