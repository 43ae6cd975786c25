"""What a check is given: a server, three users, and records that are its own."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from cliquet.conformance.clauses import REQUIRED
from cliquet.conformance.exchanges import Exchange, write_down
from cliquet.conformance.expect import UnmetError
from cliquet.conformance.server import Credentials, Server

#: Headers of a request; those that are None are not sent.
Headers = Mapping[str, str | None] | Mapping[str, str]


#: Pages after which a walk does not end.
_MOST_PAGES = 100


class UnpreparedError(Exception):
    """What a check needs beforehand could not be made."""


@dataclass(frozen=True)
class Record:
    """A record as it was when it was made."""

    path: str
    data: dict[str, Any]
    permissions: dict[str, list[str]]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.data["id"])

    @property
    def timestamp(self) -> int:
        """Its `last_modified`."""
        return int(self.data["last_modified"])

    @property
    def etag(self) -> str:
        """Its entity tag."""
        return f'"{self.timestamp}"'

    @property
    def older(self) -> str:
        """An entity tag of long before it."""
        return f'"{self.timestamp - 100_000}"'

    @property
    def newer(self) -> str:
        """An entity tag of long after it."""
        return f'"{self.timestamp + 100_000}"'


class User:
    """Somebody who sends requests; with no credentials, nobody."""

    def __init__(
        self, name: str, probe: "Probe", credentials: Credentials | None
    ) -> None:
        self.name = name
        self.credentials = credentials
        self._probe = probe
        self._id = ""
        self.get = partial(self.request, "GET")
        self.head = partial(self.request, "HEAD")
        self.post = partial(self.request, "POST")
        self.put = partial(self.request, "PUT")
        self.patch = partial(self.request, "PATCH")
        self.delete = partial(self.request, "DELETE")
        self.options = partial(self.request, "OPTIONS")

    @property
    def id(self) -> str:
        """Principal of the user, as the hello view says it."""
        if not self._id:
            found = self.get("/").json()
            try:
                self._id = found["user"]["id"]
            except (KeyError, TypeError) as error:
                raise UnpreparedError(f"hello has no id of {self.name}") from error
        return self._id

    def request(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        json: Any = None,
        content: bytes | str | None = None,
        headers: Headers | None = None,
        prefixed: bool = True,
    ) -> httpx.Response:
        """Send a request as this user.

        Args:
            method: Any method.
            path: Path below the version prefix, with its query string.
            data: Sent as ``{"data": …}``.
            json: Sent as it is, in JSON.
            content: Sent as it is, as JSON unless `headers` say otherwise.
            headers: More headers, or without those that are None.
            prefixed: False for a path from the root of the service.
        """
        if data is not None:
            json = {"data": data}
        return self._probe.send(
            self, method, path, json, content, dict(headers or {}), prefixed=prefixed
        )


class Probe:
    """A server as one check sees it: every exchange is noted."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.exchanges: list[Exchange] = []
        self.alice = User("alice", self, server.alice)
        self.bob = User("bob", self, server.bob)
        self.nobody = User("nobody", self, None)
        names = server.collections
        self.private, self.shared, self.public = (
            f"/{names.private}", f"/{names.shared}", f"/{names.public}",
        )  # fmt: skip
        self._made: list[tuple[User, str]] = []

    @property
    def url(self) -> str:
        """URL of the version prefix, without a slash at the end."""
        return self.server.root + self.server.prefix

    def send(
        self,
        user: User,
        method: str,
        path: str,
        json: Any,
        content: bytes | str | None,
        headers: dict[str, str | None],
        *,
        prefixed: bool,
    ) -> httpx.Response:
        """Send a request of a user, and note it."""
        asked: dict[str, str | None] = {"Accept": "application/json"}
        if user.credentials:
            asked["Authorization"] = user.credentials.header
        if json is not None or content is not None:
            asked["Content-Type"] = "application/json"
        if REQUIRED in self.server.features and method != "GET":
            # True of everything; entries of a batch inherit it.
            asked["If-None-Match"] = '"1"'
        asked |= headers
        base = self.url if prefixed else self.server.root
        request = self.server.client.build_request(
            method, base + path, json=json, content=content
        )
        for name, value in asked.items():
            request.headers.pop(name, None)
            if value is not None:
                request.headers[name] = value
        response = None
        try:
            response = self.server.client.send(request)
        finally:
            self.exchanges.append(write_down(request, response, user.name))
        if response.status_code == httpx.codes.CREATED:
            self._note(user, request, response)
        return response

    def _note(
        self, user: User, request: httpx.Request, response: httpx.Response
    ) -> None:
        """Remember what was made, for `clean_up`."""
        try:
            record_id = response.json()["data"]["id"]
        except (ValueError, KeyError, TypeError):
            return
        path = request.url.path.removeprefix(httpx.URL(self.url).path)
        if request.method == "POST":
            path = f"{path}/{record_id}"
        self._made.append((user, path))

    # --- what checks begin with ---

    def note(self, user: User | None = None, **fields: Any) -> Record:
        """Make a record of the user resource, of Alice unless told."""
        return self._make(user or self.alice, self.private, {"title": "one"} | fields)

    def article(
        self, user: User | None = None, *, permissions: Any = None, **fields: Any
    ) -> Record:
        """Make a record of the shareable resource, of Alice unless told.

        Who makes it may read it, unless `permissions` say otherwise.
        """
        user, fields = user or self.alice, {"title": "one"} | fields
        readable = {"read": [user.id]}
        asked = readable if permissions is None else permissions
        return self._make(user, self.shared, fields, asked)

    def page(self, user: User | None = None, **fields: Any) -> Record:
        """Make a record that everybody may read."""
        return self._make(user or self.alice, self.public, {"title": "one"} | fields)

    def _make(
        self, user: User, path: str, fields: dict[str, Any], permissions: Any = None
    ) -> Record:
        asked: dict[str, Any] = {"data": fields}
        if permissions is not None:
            asked["permissions"] = permissions
        response = user.post(path, json=asked)
        try:
            found = response.json()
            made = Record(
                f"{path}/{found['data']['id']}",
                found["data"],
                found.get("permissions", {}),
            )
            made.timestamp  # noqa: B018 -- it must be one
        except (ValueError, KeyError, TypeError) as error:
            raise UnpreparedError(
                f"no record could be made in {path}: {response.status_code}"
            ) from error
        return made

    def tombstone(self, user: User | None = None) -> Record:
        """Make a record of the user resource and delete it; the deletion."""
        user = user or self.alice
        made = self.note(user)
        response = user.delete(made.path)
        try:
            found = response.json()["data"]
            return Record(made.path, {**found, "id": made.id}, {})
        except (ValueError, KeyError, TypeError) as error:
            raise UnpreparedError("a record could not be deleted") from error

    def unused(self, path: str | None = None) -> str:
        """Return the path of a record that never was, in the user resource if none."""
        return f"{path or self.private}/{uuid.uuid4()}"

    def stranger(self) -> User:
        """Return a user whom the server has never seen."""
        return User("a stranger", self, Credentials.make_up("stranger"))

    def walk(self, path: str, user: User | None = None) -> Iterator[httpx.Response]:
        """Yield the pages of a list, following ``Next-Page``."""
        prefix = httpx.URL(self.url).path
        for _ in range(_MOST_PAGES):
            response = (user or self.alice).get(path)
            yield response
            if "Next-Page" not in response.headers:
                return
            url = httpx.URL(response.headers["Next-Page"])
            path = url.raw_path.decode("ascii").removeprefix(prefix)
        raise UnmetError(f"Next-Page is still there after {_MOST_PAGES} pages")

    def word(self) -> str:
        """Return a text that nothing else has."""
        return f"w{uuid.uuid4().hex}"

    def timestamp(self, path: str | None = None, user: User | None = None) -> int:
        """Return the timestamp of a list, as its entity tag says it."""
        response = (user or self.alice).get(path or self.private)
        try:
            return int(response.headers["ETag"].strip('"'))
        except (KeyError, ValueError) as error:
            raise UnpreparedError("a list has no timestamp as ETag") from error

    # --- before and after ---

    def empty(self) -> None:
        """Remove the records of both users from the user resource; not noted."""
        for user in (self.alice, self.bob):
            user.delete(self.private)
        self.exchanges.clear()
        self._made.clear()

    def clean_up(self) -> None:
        """Remove what the check made; not noted."""
        noted = list(self.exchanges)
        for user, path in self._made:
            user.delete(path)
        self.exchanges = noted
