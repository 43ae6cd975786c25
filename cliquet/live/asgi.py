"""Live changes by ASGI: one event loop for many clients, a few threads for looks.

Reads alone are served: what clients send is for the servers beside.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from io import BytesIO
from typing import Any

from cliquet.live.conversation import (
    Answer,
    Begin,
    Emit,
    Look,
    Reason,
    Step,
    Steps,
    Wait,
    converse,
)
from cliquet.live.cutting import TAKES_NOTHING_SECONDS
from cliquet.live.hub import Hub
from cliquet.live.looking import Looking, LoopFlag
from cliquet.live.serving import find_visit
from cliquet.types import Environ, Response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_METHODS = ("GET", "HEAD", "OPTIONS")


class Application:
    """The reads of a WSGI application, on an event loop.

    Args:
        hub: That of the application.
        threads: How many looks there may be at a time.
        takes_nothing: Seconds after which a client is cut that takes nothing.
    """

    def __init__(
        self,
        hub: Hub,
        threads: int,
        takes_nothing: float = TAKES_NOTHING_SECONDS,
    ) -> None:
        self._hub = hub
        self._takes_nothing = takes_nothing
        self._looking = Looking(hub, threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, _in_time(send, self._takes_nothing))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _METHODS:
            await _start(send, 405, [("Allow", ", ".join(_METHODS))])
            await _send_body(send, b"", more=False)
            return
        client = asyncio.ensure_future(self._converse(environ_of(scope), send))
        gone = asyncio.ensure_future(_wait_for_end(receive))
        gone.add_done_callback(lambda _: client.cancel())
        try:
            await client
        except (asyncio.CancelledError, TimeoutError):
            # The client is gone, or takes nothing.
            client.cancel()
        finally:
            gone.cancel()

    async def _converse(self, environ: Environ, send: Send) -> None:
        loop = asyncio.get_running_loop()
        visit = find_visit(self._hub, environ, partial(LoopFlag, loop, self._looking))
        if visit is None:
            await _answer(send, await self._looking.run(environ, Reason.ASKED))
            return
        steps = converse(environ, visit, self._hub.pace, self._hub.clock)
        outcome: Any = None
        try:
            while (step := _advance(steps, outcome)) is not None:
                outcome = None
                if isinstance(step, Look):
                    outcome = await self._looking.run(step.environ, step.reason, visit)
                elif isinstance(step, Wait):
                    outcome = await visit.flag.wait(step.seconds)
                elif isinstance(step, Begin):
                    await _start(send, 200, step.headers)
                elif isinstance(step, Emit):
                    await _send_body(send, step.data, more=True)
                elif isinstance(step, Answer):
                    await _answer(send, step.response)
                    return
            await _send_body(send, b"", more=False)
        finally:
            steps.close()
            visit.end()


def environ_of(scope: Scope) -> Environ:
    """Return the environ of a request without body."""
    server = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    root = scope.get("root_path", "")
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": _latin(root),
        "PATH_INFO": _latin(scope["path"].removeprefix(root)),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        value = raw_value.decode("latin-1")
        if b"_" in raw_name or name in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            # X_User is no X-User that a proxy vouches for: WSGI cannot tell them apart.
            # Bodies of reads mean nothing: they are not read.
            continue
        key = name if name == "CONTENT_TYPE" else f"HTTP_{name}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


def _latin(text: str) -> str:
    return text.encode("utf-8").decode("latin-1")


def _advance(steps: Steps, outcome: Any) -> Step | None:
    try:
        return steps.send(outcome)
    except StopIteration:
        return None


async def _start(send: Send, status: int, headers: Iterable[tuple[str, str]]) -> None:
    encoded = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
    ]
    await send({"type": "http.response.start", "status": status, "headers": encoded})


async def _send_body(send: Send, data: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


def _in_time(send: Send, seconds: float) -> Send:
    """Return what sends, and raises a TimeoutError if the client takes nothing."""

    async def send_in_time(message: Message) -> None:
        async with asyncio.timeout(seconds):
            await send(message)

    return send_in_time


async def _answer(send: Send, response: Response) -> None:
    await _start(send, response.status_code, response.headerlist)
    await _send_body(send, response.body, more=False)


async def _wait_for_end(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _live(receive: Receive, send: Send) -> None:
    """Do what the protocol of the life of a server asks for: nothing."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
