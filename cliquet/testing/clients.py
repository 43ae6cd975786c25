"""A client of the protocol over WebTest: bodies in, responses out."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import urlencode

from cliquet import serialization
from cliquet.dotted import naming_the_extra
from cliquet.testing.users import KEY, User, principals_of

with naming_the_extra("'cliquet.testing'", "testing"):
    from webtest import TestApp


class Client:
    """Requests of one user; paths are below the version of the API.

    Args:
        application: The WSGI application.
        prefix: The version that paths get unless they have it, as `/v1`.
        user: Who sends the requests; nobody if it is None.

    Attributes:
        app: The `webtest.TestApp` behind, for what is not of the protocol.
    """

    def __init__(
        self, application: Any, prefix: str = "", user: User | None = None
    ) -> None:
        self.app = TestApp(application, {} if user is None else {KEY: user})
        self._prefix = prefix

    def get(self, path: str, **options: Any) -> Any:
        """Send a GET; see :meth:`request`."""
        return self.request("GET", path, **options)

    def head(self, path: str, **options: Any) -> Any:
        """Send a HEAD; see :meth:`request`."""
        return self.request("HEAD", path, **options)

    def post(self, path: str, data: Any = None, **options: Any) -> Any:
        """Create a record; see :meth:`request`."""
        return self.request("POST", path, data, **options)

    def put(self, path: str, data: Any = None, **options: Any) -> Any:
        """Create or replace a record; see :meth:`request`."""
        return self.request("PUT", path, data, **options)

    def patch(self, path: str, data: Any = None, **options: Any) -> Any:
        """Change a record; see :meth:`request`."""
        return self.request("PATCH", path, data, **options)

    def delete(self, path: str, **options: Any) -> Any:
        """Delete a record or collection; see :meth:`request`."""
        return self.request("DELETE", path, **options)

    def request(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        permissions: Mapping[str, Iterable[str]] | None = None,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | str | None = None,
    ) -> Any:
        """Send a request, and return the `webtest.TestResponse`.

        Args:
            method: Of HTTP.
            path: Below the version, or with it; or a URL of a response.
            data: `data` of the body.
            permissions: `permissions` of the body.
            body: The whole body, instead of these two, written as JSON.
            params: Parameters of the query string; each value is written as text.
            if_match: An ETag as a response has it, with its quotes, or `*`.
            if_none_match: Likewise.
            headers: Others.
            status: The one that is expected, by default any 2xx or 3xx; `"*"` is any.
        """
        sent = dict(headers or {})
        if if_match is not None:
            sent["If-Match"] = if_match
        if if_none_match is not None:
            sent["If-None-Match"] = if_none_match
        if body is None and (data is not None or permissions is not None):
            parts = {"data": data, "permissions": permissions}
            body = {name: each for name, each in parts.items() if each is not None}
        text = b""
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            text = serialization.dumps(body).encode()
        url = self._below(path)
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params, doseq=True)
        return self.app.request(
            url, method=method, body=text, headers=sent, status=status
        )

    def batch(self, *entries: Mapping[str, Any], **options: Any) -> Any:
        """Send requests in one, each with its `method`, `path`, `body`, `headers`."""
        return self.post("/batch", body={"requests": entries}, **options)

    def pages(self, path: str, **options: Any) -> Iterator[list[dict[str, Any]]]:
        """Yield the records of each page of a list."""
        while path:
            response = self.get(path, **options)
            yield response.json["data"]
            path = response.headers.get("Next-Page", "")
            options = {**options, "params": None}

    def list(self, path: str, **options: Any) -> Any:
        """Return the records of all pages of a list."""
        return [each for page in self.pages(path, **options) for each in page]

    @property
    def user_id(self) -> str | None:
        """The user as permissions and events name it, None for nobody."""
        user = self.get("/").json.get("user")
        return None if user is None else str(user["id"])

    def _below(self, path: str) -> str:
        is_whole = "://" in path or (path + "/").startswith(self._prefix + "/")
        return path if is_whole else self._prefix + path


class ClientFactory(Protocol):
    """What `as_user` is."""

    def __call__(
        self,
        name: str,
        *,
        groups: Iterable[str] = (),
        principals: Iterable[str] = (),
        policy: str | None = None,
    ) -> Client:
        """Return a client of a user.

        Args:
            name: The user, without the name of the policy.
            groups: Names, or paths of groups of `cliquet.groups`; the principals are
                `group:<name>`.
            principals: Others, as they are.
            policy: The name of the policy that the user is of, by default the first of
                the application.
        """


def make_factory(application: Any, prefix: str, policies: list[str]) -> ClientFactory:
    """Return `as_user` for an application that knows policies of these names."""

    def as_user(
        name: str,
        *,
        groups: Iterable[str] = (),
        principals: Iterable[str] = (),
        policy: str | None = None,
    ) -> Client:
        if policy is not None and policy not in policies:
            known = ", ".join(policies)
            raise ValueError(f"There is no policy {policy!r}; there are {known}.")
        user = User(name, policy or policies[0], principals_of(groups, principals))
        return Client(application, prefix, user)

    return as_user
