"""One service: what is known of it, and how long it wants to be left alone."""

import json
import logging
from typing import Any

from cliquet.client.errors import UnreachableError
from cliquet.client.exchanges import Answer, Call, Request, Steps, T, checked
from cliquet.client.retries import Patience

logger = logging.getLogger("cliquet.client")

#: However many more the server would take.
_BATCH_REQUESTS = 500
_OK = 200


class Session:
    """What all calls of one client share; it sends nothing by itself.

    Args:
        has_streams: Whether what sends the requests can give an answer that goes on.
    """

    def __init__(self, patience: Patience, *, has_streams: bool = True) -> None:
        self.patience = patience
        self.has_streams = has_streams
        self.alert: dict[str, Any] | None = None
        self._hello: dict[str, Any] | None = None

    def steps(self, call: Call[T]) -> Steps[T]:
        """Return what is to be done for a call: requests, again if need be, and pauses.

        Raises:
            ClientError: the server refused, or did not answer.
        """
        try:
            request = next(call)
            while True:
                try:
                    answer = yield from self.patience.exchange(
                        request, self._keeps_keys
                    )
                except UnreachableError as error:
                    request = call.throw(error)
                    continue
                self._note_alert(answer)
                request = call.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    def info(self) -> Call[dict[str, Any]]:
        """Read the hello page."""
        answer = checked((yield Request("GET", "/")))
        hello: dict[str, Any] = answer.body
        self._hello = hello
        return hello

    def known_info(self) -> Call[dict[str, Any]]:
        """Return the hello page, read once."""
        return self._hello or (yield from self.info())

    def batch_limit(self) -> Call[int]:
        """Return how many requests a batch may have (:clause:`BATCH-8`)."""
        settings = (yield from self.known_info()).get("settings", {})
        return min(
            settings.get("batch_max_requests") or _BATCH_REQUESTS, _BATCH_REQUESTS
        )

    def _keeps_keys(self) -> Steps[bool]:
        """Return whether the server keeps idempotency keys, as far as it tells."""
        if self._hello is None:
            answer = yield Request("GET", "/")
            if not isinstance(answer, Answer) or answer.status != _OK:
                return False
            self._hello = answer.body
        return "idempotency" in (self._hello or {}).get("capabilities", {})

    def _note_alert(self, answer: Answer) -> None:
        """Log that the end of the service is announced, once (:clause:`EOS-1`)."""
        text = answer.headers.get("alert")
        if text is None or self.alert is not None:
            return
        try:
            self.alert = json.loads(text)
        except ValueError:
            self.alert = {"message": text}
        logger.warning("The service says: %s", text)
