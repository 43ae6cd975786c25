"""A server process of the sync proof: the sample application and a view that fails.

``python -m tests.sync.server '{"storage_backend": …}'`` prints the port that
the system chose, then serves until it is killed. With ``streams`` behind it, it prints
another one as well, at which the event loop of ``cliquet stream`` serves the same.
"""

import json
import socket
import sys
import threading
from typing import Any, NoReturn

import uvicorn
import waitress
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.live.asgi import Application
from cliquet.tests.testapp import main as testapp


def fail(request: Request) -> NoReturn:
    """Break the request, and the whole batch that it is part of."""
    raise RuntimeError("asked to fail")


def build_application(settings: dict[str, Any]) -> Any:
    config = Configurator(settings=settings)
    config.add_route("fail", "/v0/fail")
    config.add_view(fail, route_name="fail", permission=NO_PERMISSION_REQUIRED)
    return testapp(config=config)


def make(global_config: Any, **settings: str) -> Any:
    """Build the application of an INI file."""
    return build_application(settings)


def stream(hub: Any) -> None:
    """Serve streams in this process, whose backends may be in its memory."""
    config = uvicorn.Config(Application(hub, 4), access_log=False, log_config=None)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(config).run(sockets=[listener])


def main() -> None:
    settings = json.loads(sys.argv[1])
    application = build_application(settings)
    server = waitress.create_server(
        application,
        host="127.0.0.1",
        port=0,
        # Those who wait have one each.
        threads=8 + settings.get("stream_max_clients", 0),
        clear_untrusted_proxy_headers=True,
    )
    print(server.effective_port, flush=True)  # type: ignore[attr-defined]
    if "streams" in sys.argv[2:]:
        threading.Thread(target=server.run, daemon=True).start()
        stream(application.registry.live)
    server.run()


if __name__ == "__main__":
    main()
