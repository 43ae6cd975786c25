"""A server process of the sync proof: the sample application and a view that fails.

``python -m tests.sync.server '{"storage_backend": …}'`` prints the port that
the system chose, then serves until it is killed.
"""

import json
import sys
from typing import Any, NoReturn

import waitress
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.tests.testapp import main as testapp


def fail(request: Request) -> NoReturn:
    """Break the request, and the whole batch that it is part of."""
    raise RuntimeError("asked to fail")


def build_application(settings: dict[str, Any]) -> Any:
    config = Configurator(settings=settings)
    config.add_route("fail", "/v0/fail")
    config.add_view(fail, route_name="fail", permission=NO_PERMISSION_REQUIRED)
    return testapp(config=config)


def main() -> None:
    application = build_application(json.loads(sys.argv[1]))
    server = waitress.create_server(
        application,
        host="127.0.0.1",
        port=0,
        threads=8,
        clear_untrusted_proxy_headers=True,
    )
    print(server.effective_port, flush=True)  # type: ignore[attr-defined]
    server.run()


if __name__ == "__main__":
    main()
