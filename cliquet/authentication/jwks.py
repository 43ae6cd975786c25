"""Keys of an issuer: read from a file or URL, kept, and read again when they change.

An unknown key id may be a new key, or anything that somebody sends: the keys are read
at most once in `INTERVAL` seconds, whatever is sent. Where they cannot be read the old
ones count on. A token whose key is unknown then is neither good nor bad: 503.
"""

import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from cliquet.authentication.tokens import Header, VerifyingKey, read_keys
from cliquet.logs import logger

INTERVAL = 10.0
"""Seconds from one attempt to read the keys to the next one."""

PATIENCE = 1.0
"""Seconds that a request waits for the keys that another one reads."""

_TIMEOUT = 5.0
_MAX_SIZE = 2**20
_CHUNK = 2**16
_MAX_CANDIDATES = 10

Read = Callable[[], bytes]


class UnavailableError(Exception):
    """Nobody can say whether a token counts: its key is unknown, and cannot be read."""


class _NoRedirects(HTTPRedirectHandler):
    """Follows none: keys come from where settings say."""

    def redirect_request(self, *args: object) -> None:
        """Return no request, so that the redirection is an error."""


_open = build_opener(_NoRedirects).open


def reader_of(place: str) -> Read:
    """Return what reads a file or a URL."""
    if urlsplit(place).scheme in ("http", "https"):
        return lambda: _fetch(place)
    return Path(place).read_bytes


def _fetch(url: str) -> bytes:
    deadline = time.monotonic() + _TIMEOUT
    content = b""
    with _open(url, timeout=_TIMEOUT) as response:
        while chunk := response.read1(_CHUNK):
            content += chunk
            if len(content) > _MAX_SIZE:
                raise ValueError("it is too large")
            if time.monotonic() > deadline:
                raise TimeoutError("it takes too long")
    return content


class KeySet:
    """The keys of an issuer.

    Args:
        read: Returns them as JWK set.
        max_age: Seconds after which they are read again: a withdrawn key counts no
            longer than that.
        clock: Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        read: Read,
        max_age: float,
        clock: Callable[[], float],
    ) -> None:
        self._read = read
        self._max_age = max_age
        self._clock = clock
        self._keys: tuple[VerifyingKey, ...] = ()
        self._read_at = self._tried_at = float("-inf")
        self._has_failed = False
        self._lock = Lock()

    def find(self, header: Header) -> list[VerifyingKey]:
        """Return the keys that may have signed a token, several if it names none.

        Raises:
            UnavailableError: None is known, and they cannot be read.
        """
        if self._is_old():
            self._renew_if_idle()
        found = self._find(header)
        if not found:
            self._renew()
            found = self._find(header)
            if not found and self._has_failed:
                raise UnavailableError
        return found

    def _find(self, header: Header) -> list[VerifyingKey]:
        found = [each for each in self._keys if each.fits(*header)]
        return found[:_MAX_CANDIDATES]

    def _is_old(self) -> bool:
        now = self._clock()
        is_due = now - self._tried_at >= INTERVAL
        return bool(self._keys) and is_due and now - self._read_at >= self._max_age

    def _renew_if_idle(self) -> None:
        """Read keys that are old, unless another request does: it need not wait."""
        if self._lock.acquire(blocking=False):
            try:
                self._try_to_read()
            finally:
                self._lock.release()

    def _renew(self) -> None:
        if self._clock() - self._tried_at < INTERVAL and not self._lock.locked():
            return
        if not self._lock.acquire(timeout=PATIENCE):
            raise UnavailableError
        try:
            self._try_to_read()
        finally:
            self._lock.release()

    def _try_to_read(self) -> None:
        """Read the keys, unless it was tried just now."""
        now = self._clock()
        if now - self._tried_at < INTERVAL:
            return
        self._tried_at = now
        try:
            self._keys = read_keys(self._read())
        except (OSError, ValueError, HTTPException) as error:
            self._has_failed = True
            kept = len(self._keys)
            logger.warning("Keys of tokens cannot be read", error=str(error), kept=kept)
        else:
            self._has_failed = False
            self._read_at = now
