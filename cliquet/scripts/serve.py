"""The command ``cliquet serve``: serve an application to those who work on it.

waitress serves, with the options of ``[server:main]``, as by ``pserve``. Besides: the
port may be another one, the URL is printed, and a port that is taken is one line.
"""

import argparse
import contextlib
import socket
import sys
from typing import Any

import hupper
import waitress
from pyramid.config import global_registries
from pyramid.paster import get_config_loader
from waitress.adjustments import Adjustments

from cliquet.description.serving import find_page
from cliquet.live.cutting import TAKES_NOTHING_SECONDS, cut_who_takes_nothing

_SERVER = "server:main"
_WAITRESS = (None, "egg:waitress", "egg:waitress#main")
_LOOPBACK = "127.0.0.1"
_LAST_PORT = 65535


def read_port(text: str) -> int:
    """Return the number of a port, for the parser of the command line."""
    with contextlib.suppress(ValueError):
        if 0 < int(text) <= _LAST_PORT:
            return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not the number of a port")


def run(ini_file: str, port: int | None = None, reload: bool = False) -> int:
    """Serve until it is interrupted; return the exit code.

    Args:
        ini_file: The configuration of the application and of its server.
        port: Listened to instead of that of the file.
        reload: Start anew after a change of the code or of the file.
    """
    loader = get_config_loader(ini_file)
    section = dict(loader.get_settings(_SERVER))
    if section.pop("use", None) not in _WAITRESS:
        print(f"[{_SERVER}] of {ini_file} is not waitress: run pserve {ini_file}")
        return 2
    options = section if port is None else at_port(section, port)
    obstacle = find_obstacle(options)
    if obstacle:
        print(obstacle, file=sys.stderr)
        return 1
    if reload and not hupper.is_active():
        # Runs this very function again, in another process, after each change.
        given = {"ini_file": ini_file, "port": port, "reload": True}
        hupper.start_reloader(f"{__name__}.run", worker_kwargs=given)
        return 0
    if reload:
        hupper.get_reloader().watch_files([ini_file])
    return _serve(loader, options)


def at_port(options: dict[str, Any], port: int) -> dict[str, Any]:
    """Return options of waitress with another port, of the same host."""
    places = ("listen", "host", "port")
    kept = {name: options[name] for name in options if name not in places}
    first, *_ = options.get("listen", "").split() or [""]
    host = first.rpartition(":")[0] or options.get("host", _LOOPBACK)
    return {**kept, "listen": f"{host}:{port}"}


def find_obstacle(options: dict[str, Any]) -> str:
    """Return why waitress could not listen as its options say, and what to do."""
    for family, kind, protocol, address in Adjustments(**options).listen:
        with socket.socket(family, kind, protocol) as probe:
            # As waitress does: connections that end do not keep a port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
                probe.listen()
            except OSError as error:
                host, port = address[:2]
                return (
                    f"Cannot serve on {host}:{port} ({error.strerror}). Stop what "
                    "listens there, or name another port: make serve PORT=8890, or "
                    "cliquet serve --port 8890."
                )
    return ""


def _serve(loader: Any, options: dict[str, Any]) -> int:
    loader.setup_logging()
    application = loader.get_wsgi_app()
    server = make_server(application, options)
    registry = global_registries.last
    prefix = getattr(registry, "route_prefix", None) or ""
    page = find_page(registry)
    for host, port in getattr(server, "effective_listen", None) or [
        (server.effective_host, server.effective_port)
    ]:
        place = f"[{host}]" if ":" in host else host
        root = f"{prefix}/" if prefix else ""
        url = f"http://{place}:{port}"
        print(f"Serving on {url}/{root}", file=sys.stderr, flush=True)
        if page:
            print(f"To read and try: {url}{page}", file=sys.stderr, flush=True)
    server.run()
    return 0


def make_server(
    application: Any,
    options: dict[str, Any],
    takes_nothing: float = TAKES_NOTHING_SECONDS,
) -> Any:
    """Return the waitress of an application.

    Args:
        application: What it serves.
        options: Those of waitress.
        takes_nothing: Seconds after which a client is cut that takes nothing.
    """
    served: dict[int, Any] = {}
    server = waitress.create_server(application, map=served, **options)
    for each in served.values():
        if each.accepting:
            cut_who_takes_nothing(each.socket, takes_nothing)
    return server
