"""Delivery of events after the commit, by a thread, without making clients wait.

That is what ``event_listeners.<name>.delivery = after_commit`` asks for
(docs: rules-events). The queue of a listener is bounded: when it is full the request
waits, so that no event is lost while the process lives. A process that ends delivers
what is left first; one that is killed loses it.
"""

import atexit
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from cliquet.logs import isolated_context, logger

_QUEUE_SIZE = 1000
_STOP_SECONDS = 30


class DeferredListener:
    """Calls a listener from a thread of its own, in the order of events.

    What the listener raises is logged. There is one thread as long as there are events:
    all that follows is decided under one lock.
    """

    def __init__(self, listener: Callable[[Any], Any], name: str) -> None:
        self._listener = listener
        self._name = name
        self._events: deque[Any] = deque()
        self._thread: threading.Thread | None = None
        self._is_stopping = False
        self._changed = threading.Condition()

    def __call__(self, event: Any) -> None:
        """Put an event in the queue; wait where that is full."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._events) < _QUEUE_SIZE)
            self._events.append(event)
            # The thread starts with the first event: servers fork once they loaded us.
            if self._thread is None:
                self._start()
            self._changed.notify_all()

    def stop(self) -> None:
        """Deliver what is left, for half a minute at most, then end the thread.

        What comes later is delivered by another one.
        """
        with self._changed:
            thread, self._is_stopping = self._thread, True
            atexit.unregister(self.stop)
            self._changed.notify_all()
        if thread is not None:
            thread.join(_STOP_SECONDS)

    def _start(self) -> None:
        self._is_stopping = False
        self._thread = threading.Thread(
            target=self._deliver, name=f"listener {self._name}", daemon=True
        )
        self._thread.start()
        atexit.register(self.stop)

    def _deliver(self) -> None:
        while self._has_next():
            event = self._events[0]
            identifier = getattr(event, "request_id", None)
            with isolated_context(request_id=identifier, listener=self._name):
                try:
                    self._listener(event)
                except BaseException:  # noqa: BLE001 -- whatever it is, others follow
                    logger.exception("Listener failed")
            with self._changed:
                self._events.popleft()
                self._changed.notify_all()

    def _has_next(self) -> bool:
        """Wait for an event, or for the end of the thread."""
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._is_stopping)
            if not self._events:
                self._thread = None
            return bool(self._events)
