"""Connections whose server says nothing any more are cut, from here.

A server that hangs, or a network that swallows packets, cuts no statement: its timeouts
are its own. Drivers wait for ever. What is cut is a connection that broke.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any

#: Key in the `info` of pooled connections: seconds after which one is cut.
PATIENCE = "cliquet.patience"

#: The server is the one that cuts, as long as it can.
GRACE_SECONDS = 5

_LOOK_EVERY_SECONDS = 0.5


class Watchdog:
    """A thread of this process that looks after what is waited for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[int, tuple[float, Any]] = {}
        self._process = 0
        self._is_paused = False

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Cut nothing in this block."""
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused = False

    @contextmanager
    def watch(self, driver: Any, info: MutableMapping[str, Any]) -> Iterator[None]:
        """Cut a connection if this block takes longer than its patience.

        Args:
            driver: The connection of the driver.
            info: That of the pooled connection.
        """
        patience = info.get(PATIENCE)
        if patience is None or self._is_paused:
            yield
            return
        if self._process != os.getpid():
            self._start()
        key = threading.get_ident()
        self._watched[key] = (time.monotonic() + patience, driver)
        try:
            yield
        finally:
            # It may be cut at this moment: not when somebody else has it.
            with self._lock:
                self._watched.pop(key, None)

    def _start(self) -> None:
        with self._lock:
            if self._process == os.getpid():
                return
            # Threads of the process that this one was forked from are not here.
            self._watched.clear()
            self._process = os.getpid()
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_SECONDS)
            now = time.monotonic()
            for key, entry in list(self._watched.items()):
                if entry[0] > now:
                    continue
                with self._lock:
                    if self._watched.get(key) is entry:
                        del self._watched[key]
                        _cut(entry[1])


def _cut(driver: Any) -> None:
    """Shut a connection down: who waits for it sees its end."""
    with suppress(Exception), socket.socket(fileno=os.dup(driver.fileno())) as opened:
        opened.shutdown(socket.SHUT_RDWR)


WATCHDOG = Watchdog()
