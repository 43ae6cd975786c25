"""The sample application behind an intermediary, and what of the requests reached it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
from webtest.http import StopableWSGIServer

from cliquet.testing.servers import free_port
from tests.sync.proof import settings_for
from tests.sync.server import build_application

ALICE = ("alice", "secret")
BOB = ("bob", "secret")

#: Everybody reads spores, whoever has signed in writes them; others share what they like.
SETTINGS = {
    "spore_read_principals": "system.Everyone",
    "spore_create_principals": "system.Authenticated",
    "toadstool_create_principals": "system.Authenticated",
}


@dataclass(frozen=True)
class Hit:
    """A request that reached the service, and what it got."""

    method: str
    url: str
    status: int


class Client:
    """Sends requests to a server, over connections that are kept."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._session = requests.Session()
        # Credentials and proxies of whoever runs the tests are nobody's business.
        self._session.trust_env = False

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request; redirections are not followed."""
        options.setdefault("timeout", 60)
        options.setdefault("allow_redirects", False)
        return self._session.request(method, self.url + path, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.send("GET", path, **options)

    def close(self) -> None:
        self._session.close()


class Served(Client):
    """A WSGI callable on a free port, by waitress in a thread of this process."""

    def __init__(self, application: Any) -> None:
        super().__init__(free_port())
        self._server = StopableWSGIServer.create(
            application, host="127.0.0.1", port=self.port, threads=8
        )

    def close(self) -> None:
        """Stop; connections that are open are closed."""
        super().close()
        if not self._server.was_shutdown:
            self._server.shutdown()
            self._server.runner.join()


class Origin(Served):
    """The sample application, in memory.

    Args:
        settings: Of the application.
    """

    def __init__(self, **settings: Any) -> None:
        values = {**settings_for("memory", ""), **SETTINGS, **settings}
        self.application = build_application(values)
        self.hits: list[Hit] = []
        super().__init__(self._serve)

    def _serve(self, environ: Any, start_response: Any) -> Any:
        query = environ["QUERY_STRING"]
        url = environ["PATH_INFO"] + (f"?{query}" if query else "")

        def start(status: str, *args: Any) -> Any:
            number = int(status.split(maxsplit=1)[0])
            self.hits.append(Hit(environ["REQUEST_METHOD"], url, number))
            return start_response(status, *args)

        return self.application(environ, start)

    def count(self, url: str, method: str = "GET") -> int:
        """Return how many requests of a URL got here."""
        return sum(hit.url == url and hit.method == method for hit in self.hits)

    def put(self, path: str, user: tuple[str, str] = ALICE, **fields: Any) -> str:
        """Store a record, directly; its ETag."""
        permissions = fields.pop("permissions", None)
        body = {"data": fields}
        if permissions:
            body["permissions"] = permissions
        answer = self.send("PUT", path, json=body, auth=user)
        assert answer.status_code in (HTTPStatus.OK, HTTPStatus.CREATED), answer.text
        return answer.headers["ETag"]

    def principal(self, user: tuple[str, str]) -> str:
        """Return what permissions call a user."""
        name: str = self.get("/v0/", auth=user).json()["user"]["id"]
        return name
