"""A network in this process, which loses what it is told to."""

from collections.abc import Callable, Iterable

import httpx


class Network(httpx.BaseTransport):
    """Hand requests to an application; what they meet on their way is chosen.

    Args:
        application: The WSGI application.

    Attributes:
        sent: What was sent, in order, as `GET /v0/tasks`.
        fate: Given the number of a request, what becomes of it: `None` it is answered,
            `"unsent"` it never arrives, `"lost"` it is done and the answer is lost, a
            response is what comes instead.
    """

    def __init__(self, application: object) -> None:
        self._wsgi = httpx.WSGITransport(app=application)  # type: ignore[arg-type]
        self.sent: list[str] = []
        self.requests: list[httpx.Request] = []
        self.fate: Callable[[int], str | httpx.Response | None] = lambda _: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        number = len(self.sent)
        self.sent.append(f"{request.method} {request.url.raw_path.decode()}")
        self.requests.append(request)
        fate = self.fate(number)
        if isinstance(fate, httpx.Response):
            return fate
        if fate == "unsent":
            raise httpx.ConnectError("refused", request=request)
        response = self._wsgi.handle_request(request)
        response.read()
        if fate == "lost":
            raise httpx.ReadError("cut", request=request)
        return response


class Cuts:
    """The fate of each request, and none afterwards."""

    def __init__(self, fates: Iterable[str | httpx.Response | None]) -> None:
        self._fates = list(fates)

    def __call__(self, _number: int) -> str | httpx.Response | None:
        return self._fates.pop(0) if self._fates else None


class Waits(list[float]):
    """Seconds that clients were to wait: time passes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def __call__(self, seconds: float) -> None:
        self.append(seconds)
        self.now += seconds
