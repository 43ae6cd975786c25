"""Live changes by WSGI: a thread of the server for each client that waits."""

from collections.abc import Callable
from functools import partial
from typing import Any

from pyramid.config import Configurator
from pyramid.events import ApplicationCreated
from pyramid.response import Response as PyramidResponse

from cliquet.bounds import MAX_WAIT_SECONDS
from cliquet.live import asked
from cliquet.live.conversation import Begin, Look, Reason, Wait, converse
from cliquet.live.hub import Hub, Visit
from cliquet.live.pace import LOOK_SECONDS, LOOK_SECONDS_IF_WOKEN, Pace
from cliquet.live.post import connect
from cliquet.live.wakeups import waking
from cliquet.monitoring.instruments import wrap_methods
from cliquet.protocol import DOCUMENTATION
from cliquet.settings import get_setting
from cliquet.types import Environ, Response

Below = Callable[[Environ, Any], Response]
"""Runs one request, given the router."""

_DESCRIPTION = (
    "Lists wait for changes with _wait, and are followed as text/event-stream."
)


def setup_live(config: Configurator) -> None:
    """Let clients wait for changes, if the settings have places for them.

    Processes that have none tell those that have, if they are connected.

    Raises:
        ConfigurationError: The URL that connects them cannot be used.
    """
    settings, registry = config.get_settings(), config.registry
    max_clients = int(get_setting(settings, "stream_max_clients") or 0)
    url = get_setting(settings, "stream_wakeups_url")
    storage = getattr(registry, "storage", None)
    if storage is None or not (max_clients or url):
        return
    hub = Hub(max_clients)
    if url:
        connect(hub, str(url))
    wrap_methods(storage, partial(waking, hub, storage))
    if not max_clients:
        return
    registry.live = hub
    usual = LOOK_SECONDS_IF_WOKEN if url else LOOK_SECONDS
    hub.pace = Pace(look=float(get_setting(settings, "stream_look_seconds") or usual))
    page = DOCUMENTATION + "live.html"
    config.add_api_capability(
        "stream",
        description=_DESCRIPTION,
        url=page,
        max_wait_seconds=MAX_WAIT_SECONDS,
    )
    config.add_subscriber(_wrap_router, ApplicationCreated)


def _wrap_router(event: Any) -> None:
    """Let the router tell requests for live changes from all others.

    Around what runs a request again: each look is a request, with its attempts.
    """
    router = event.app
    below: Below = router.execution_policy
    hub: Hub = router.registry.live
    hub.run = lambda environ: below(environ, router)

    def policy(environ: Environ, router: Any) -> Response:
        visit = find_visit(hub, environ)
        return below(environ, router) if visit is None else respond(environ, visit)

    router.execution_policy = policy


def find_visit(
    hub: Hub, environ: Environ, make_flag: Callable[[], Any] | None = None
) -> Visit | None:
    """Return the visit of a client that may want live changes, None of any other."""
    is_stream = asked.wants_events(environ)
    if not is_stream and not asked.may_wait(environ):
        return None
    refused = asked.find_page_parameter(environ) if is_stream else None
    return Visit(hub, (make_flag or hub.make_flag)(), is_stream, refused)


def respond(environ: Environ, visit: Visit) -> Response:
    """Return the response to a client that waits, or is sent a stream."""
    stream = Stream(environ, visit)
    try:
        step = stream.advance()
    except BaseException:
        stream.close()
        raise
    if isinstance(step, Begin):
        return PyramidResponse(app_iter=stream, headerlist=step.headers)
    stream.close()
    response: Response = step.response
    return response


class Stream:
    """What a client is sent, by a thread that waits between: the body of a response.

    An iterator that is closed, begun or not: servers close it when the client is gone.
    """

    def __init__(self, environ: Environ, visit: Visit) -> None:
        self._visit = visit
        self._hub = visit.hub
        self._steps = converse(environ, visit, visit.hub.pace, visit.hub.clock)
        self._outcome: Any = None

    def advance(self) -> Any:
        """Return the next step that the client sees; None at the end."""
        while True:
            try:
                step = self._steps.send(self._outcome)
            except StopIteration:
                return None
            self._outcome = None
            if isinstance(step, Look):
                self._outcome = self._hub.run(step.environ)
            elif isinstance(step, Wait):
                self._outcome = self._wait(step.seconds)
            else:
                return step

    def _wait(self, seconds: float) -> Reason | None:
        flag = self._visit.flag
        if not flag.wait(seconds):
            return None
        # Before the look: what comes during it is not lost.
        flag.clear()
        return Reason.WOKEN

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> bytes:
        step = self.advance()
        if step is None:
            raise StopIteration
        data: bytes = step.data
        return data

    def close(self) -> None:
        """Release the seat."""
        self._steps.close()
        self._visit.end()
