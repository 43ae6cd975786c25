"""A network in this process, which loses what it is told to."""

from collections.abc import Callable, Iterable
from typing import Any

import httpx

Fate = str | httpx.Response | Callable[[], object] | None


class Network(httpx.BaseTransport):
    """Hand requests to an application; what they meet on their way is chosen.

    Args:
        application: The WSGI application, or what sends requests to a server.

    Attributes:
        sent: What was sent, in order, as `GET /v0/tasks`.
        fate: Given the number of a request, what becomes of it: `None` it is answered,
            `"unsent"` it never arrives, `"lost"` it is done and the answer is lost, a
            response is what comes instead, a function is called first.
    """

    def __init__(self, application: Any) -> None:
        is_transport = isinstance(application, httpx.BaseTransport)
        self._inner = (
            application if is_transport else httpx.WSGITransport(app=application)
        )
        self.sent: list[str] = []
        self.requests: list[httpx.Request] = []
        self.fate: Callable[[int], Fate] = lambda _: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        number = len(self.sent)
        self.sent.append(f"{request.method} {request.url.raw_path.decode()}")
        self.requests.append(request)
        fate = self.fate(number)
        if isinstance(fate, httpx.Response):
            return fate
        if callable(fate):
            fate()
        if fate == "unsent":
            raise httpx.ConnectError("refused", request=request)
        response = self._inner.handle_request(request)
        response.read()
        if fate == "lost":
            raise httpx.ReadError("cut", request=request)
        return response

    def close(self) -> None:
        self._inner.close()


class Cuts:
    """The fate of each request, and none afterwards."""

    def __init__(self, fates: Iterable[Fate]) -> None:
        self._fates = list(fates)

    def __call__(self, _number: int) -> Fate:
        return self._fates.pop(0) if self._fates else None


class Waits(list[float]):
    """Seconds that clients were to wait: time passes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def __call__(self, seconds: float) -> None:
        self.append(seconds)
        self.now += seconds
