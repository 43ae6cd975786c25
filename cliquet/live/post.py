"""Wake-ups between processes: two threads, one that sends and one that listens.

They start when there is something to send, and somebody who waits: servers fork once
they loaded the application. What they cannot carry is dropped, as a look makes up for
it: nobody who writes waits for them.
"""

import os
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Protocol

from pyramid.exceptions import ConfigurationError

from cliquet.dotted import naming_the_extra
from cliquet.live.hub import Hub
from cliquet.logs import logger
from cliquet.settings import show_setting

_RETRY_SECONDS = 5.0
_PLACES_AT_ONCE = 200
_SETTING = "stream_wakeups_url"
_CARRIERS = {
    "redis": "redis",
    "rediss": "redis",
    "unix": "redis",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "sqlite": "sqlite",
}


class Carrier(Protocol):
    """What brings texts from one process to all others."""

    def send(self, text: str) -> None:
        """Send a text to all who listen."""

    def receive(self) -> Iterator[str | None]:
        """Yield None once it listens, then each text that is sent."""


def connect(hub: Hub, url: str) -> None:
    """Let a hub tell other processes what changed, and hear of it.

    Raises:
        ConfigurationError: the URL is that of nothing we know.
    """
    scheme = url.partition(":")[0].partition("+")[0]
    name = _CARRIERS.get(scheme) if "://" in url else None
    if name is None:
        raise _invalid(url)
    with naming_the_extra(f"Setting '{_SETTING}'", name):
        module = import_module(f"cliquet.live.carriers.{name}")
    try:
        carrier = module.Carrier(url)
    except ValueError as error:
        raise _invalid(url) from error
    post = Post(carrier, hub)
    hub.tell, hub.listen = post.tell, post.listen


def _invalid(url: str) -> ConfigurationError:
    shown = show_setting(_SETTING, url)
    return ConfigurationError(
        f"Invalid value {shown!r} for setting {_SETTING!r}: a URL like "
        "redis://localhost:6379/0, postgresql://user:password@localhost/database "
        "or sqlite:////var/lib/records.sqlite is expected."
    )


class Post:
    """The wake-ups of a process, to others and from others.

    Args:
        carrier: Brings them.
        hub: Where those are who wait.
    """

    def __init__(self, carrier: Carrier, hub: Hub) -> None:
        self._carrier = carrier
        self._hub = hub
        self._sender = uuid.uuid4().hex
        self._waiting: set[str] = set()
        self._changed = threading.Condition()
        self._started: dict[str, int] = {}

    def tell(self, places: Iterable[str]) -> None:
        """Note what changed; a thread sends it."""
        with self._changed:
            self._waiting.update(places)
            self._start("sends", self._send)
            self._changed.notify()

    def listen(self) -> None:
        """Hear of what other processes changed, from now on."""
        with self._changed:
            self._start("listens", self._listen)

    def _start(self, name: str, run: Callable[[], None]) -> None:
        # Threads of the process that this one was forked from are not here.
        process = os.getpid()
        if self._started.get(name) == process:
            return
        if self._started and process not in self._started.values():
            self._sender = uuid.uuid4().hex
        self._started[name] = process
        threading.Thread(target=run, name=f"live {name}", daemon=True).start()

    def _send(self) -> None:
        failure = _Failure("tell other processes what changed")
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                places, self._waiting = sorted(self._waiting), set()
            try:
                for text in self.texts(places):
                    self._carrier.send(text)
            except Exception as error:  # noqa: BLE001 -- whatever it is, looks follow
                failure.note(error)
            else:
                failure.is_over()

    def texts(self, places: Sequence[str]) -> Iterator[str]:
        """Yield what is sent for some places: a few hundred at once, by whom."""
        for start in range(0, len(places), _PLACES_AT_ONCE):
            yield " ".join((self._sender, *places[start : start + _PLACES_AT_ONCE]))

    def _listen(self) -> None:
        failure = _Failure("hear of what other processes change")
        while True:
            try:
                for text in self._carrier.receive():
                    failure.is_over()
                    self.hear(text)
            except Exception as error:  # noqa: BLE001 -- whatever it is, looks follow
                failure.note(error)
            threading.Event().wait(_RETRY_SECONDS)

    def hear(self, text: str | None) -> None:
        """Wake those whom a text is about; None when others may have been missed."""
        if text is None:
            self._hub.wake_all()
            return
        sender, *places = text.split(" ")
        if sender != self._sender:
            self._hub.wake(places)


class _Failure:
    """What cannot be done for a while: logged once, until it can."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._is_known = False

    def note(self, error: Exception) -> None:
        """Log it, unless it was."""
        if not self._is_known:
            self._is_known = True
            message = f"Unable to {self._what}: looks find it, later. {error}"
            logger.warning(message)

    def is_over(self) -> None:
        """Note that it can be done again."""
        self._is_known = False
