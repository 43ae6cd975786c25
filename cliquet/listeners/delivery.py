"""How are listeners told without making clients wait?

With ``event_listeners.<name>.delivery = after_commit`` a listener is called by a thread
of its own, once the transaction is committed. Its queue is bounded: when it is full the
request waits, so that no event is lost while the process lives. What a listener raises
is logged. At the end of the process the queue is emptied first; a process that is
killed loses what was in it.
"""

import atexit
import queue
import threading
from collections.abc import Callable
from typing import Any

from cliquet.logs import isolated_context, logger

QUEUE_SIZE = 1000
_STOP_SECONDS = 30


class DeferredListener:
    """Calls a listener from a thread of its own, in the order of events."""

    def __init__(self, listener: Callable[[Any], Any], name: str) -> None:
        self._listener = listener
        self._name = name
        self._events: queue.Queue[Any] = queue.Queue(QUEUE_SIZE)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def __call__(self, event: Any) -> None:
        """Take an event; the thread starts with the first one, in its own process."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._deliver, name=f"listener {self._name}", daemon=True
                )
                self._thread.start()
                atexit.register(self.stop)
        self._events.put(event)

    def stop(self) -> None:
        """Deliver what is left, then end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._events.put(None)
            thread.join(_STOP_SECONDS)
            atexit.unregister(self.stop)

    def _deliver(self) -> None:
        while True:
            event = self._events.get()
            if event is None:
                return
            identifier = getattr(event, "request_id", None)
            with isolated_context(request_id=identifier, listener=self._name):
                try:
                    self._listener(event)
                except Exception:  # noqa: BLE001 -- whatever it is, the change is kept
                    logger.exception("Listener failed")
