"""The command ``cliquet stream``: live changes for many clients, by one event loop.

It serves the reads of an application, over the same backends: lists that wait, streams,
and all others too. Whatever writes is for the servers beside.
"""

import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyramid.config import global_registries
from pyramid.paster import get_app, setup_logging

from cliquet.dotted import naming_the_extra
from cliquet.live.cutting import TAKES_NOTHING_SECONDS, cut_who_takes_nothing
from cliquet.live.hub import Hub
from cliquet.scripts.serve import read_port

if TYPE_CHECKING:
    import uvicorn

_THREADS = 8
_CLIENTS = 10_000
_BACKLOG = 2048
#: As often the loop may go on while looks compute. Each part that it sends lets them go
#: on instead, for this long: by default ten times as much, by which thousands are late.
_SWITCH_SECONDS = 0.0005
#: Streams do not end by themselves.
_STOP_SECONDS = 1


def add_options(add: Callable[..., Any]) -> None:
    """Add the command, with its options, to the command line."""
    command = add("stream", help="serve live changes to many clients, by an event loop")
    command.add_argument("--host", default="127.0.0.1", help="address (127.0.0.1)")
    command.add_argument("--port", type=read_port, default=8889, help="port (8889)")
    command.add_argument(
        "--clients",
        metavar="COUNT",
        type=int,
        default=_CLIENTS,
        help=f"instead of stream_max_clients ({_CLIENTS})",
    )


def run(ini_file: str, host: str, port: int, clients: int) -> int:
    """Serve until it is interrupted; return the exit code.

    Args:
        ini_file: The configuration of the application.
        host: Address to listen at.
        port: Port to listen at; 0 for any.
        clients: How many may wait at a time.
    """
    with naming_the_extra("'cliquet stream'", "stream"):
        import uvicorn  # noqa: F401, PLC0415 -- optional

    setup_logging(ini_file)
    get_app(ini_file)
    hub = getattr(global_registries.last, "live", None)
    if hub is None:
        print(
            "Nobody may wait for changes here: set stream_max_clients, which the "
            "service needs to announce them.",
            file=sys.stderr,
        )
        return 1
    hub.max_clients = clients
    try:
        listener = listen(host, port)
    except OSError as error:
        print(f"Cannot serve on {host}:{port} ({error.strerror}).", file=sys.stderr)
        return 1
    with listener:
        shown = f"http://{host}:{listener.getsockname()[1]}"
        print(f"Streaming on {shown}", file=sys.stderr, flush=True)
        make_server(hub).run(sockets=[listener])
    return 0


def make_server(
    hub: Hub, takes_nothing: float = TAKES_NOTHING_SECONDS
) -> "uvicorn.Server":
    """Return the server of the streams of an application, for a process of its own.

    Args:
        hub: That of the application.
        takes_nothing: Seconds after which a client is cut that takes nothing.
    """
    import uvicorn  # noqa: PLC0415 -- optional

    from cliquet.live.asgi import Application  # noqa: PLC0415 -- not for others

    sys.setswitchinterval(_SWITCH_SECONDS)
    config = uvicorn.Config(
        Application(hub, _THREADS, takes_nothing),
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    return uvicorn.Server(config)


def listen(
    host: str, port: int, takes_nothing: float = TAKES_NOTHING_SECONDS
) -> socket.socket:
    """Return a socket that listens, whose clients are cut if they take nothing.

    Raises:
        OSError: It cannot be listened there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        cut_who_takes_nothing(listener, takes_nothing)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
