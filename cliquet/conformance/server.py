"""From a URL to what a server is like: where its version is, what it announces."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from cliquet.conformance.clauses import SERVING

#: The service is over: everything is 410.
ENDED = "ended"
#: Its end is announced.
ENDING = "ending"
#: Nothing can be written.
READONLY = "readonly"
#: Not every origin is allowed.
ORIGINS = "origins"

#: An origin that no server knows.
STRANGER = "http://stranger.invalid"


#: Seconds that a server has for a response.
TIMEOUT = 30


@dataclass(frozen=True)
class Credentials:
    """Of a user, for Basic Auth."""

    user: str
    password: str

    @classmethod
    def parse(cls, text: str) -> "Credentials":
        """Read ``user:password``."""
        user, _, password = text.partition(":")
        return cls(user, password)

    @classmethod
    def make_up(cls, name: str) -> "Credentials":
        """Invent a user whom no server has seen: the protocol accepts any pair."""
        return cls(f"{name}-{secrets.token_hex(6)}", secrets.token_hex(8))

    @property
    def header(self) -> str:
        """Value of ``Authorization``."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


@dataclass(frozen=True)
class Collections:
    """Names of the resources that a server has for the kit (docs: spec-kit)."""

    private: str = "notes"
    """A user resource."""

    shared: str = "articles"
    """A shareable resource, in which each user may create."""

    public: str = "pages"
    """A shareable resource that everybody may read, and caches may keep for a while."""


@dataclass
class Server:
    """Where a service is, and what is known of it.

    `root` has no trailing slash, `prefix` is the version with its slash before.
    """

    client: httpx.Client
    root: str
    prefix: str
    hello: dict[str, Any] = field(default_factory=dict)
    features: frozenset[str] = frozenset()
    is_inside: bool = False
    """It is asked in this process, not over a network."""

    origin: str = "http://page.example"
    """An origin that it allows."""

    collections: Collections = field(default_factory=Collections)
    alice: Credentials = field(default_factory=lambda: Credentials.make_up("alice"))
    bob: Credentials = field(default_factory=lambda: Credentials.make_up("bob"))


#: Servers close connections that idle, gunicorn after two seconds: what is sent at that
#: moment is lost.
_LIMITS = httpx.Limits(keepalive_expiry=1)
#: Of all requests: what a proxy compresses has other entity tags.
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "cliquet-conformance"}


class UnreachableError(Exception):
    """There is no service of the protocol at a URL."""


def find_server(
    url: str,
    *,
    users: tuple[Credentials | None, Credentials | None] = (None, None),
    collections: Collections | None = None,
    transport: httpx.BaseTransport | None = None,
    features: frozenset[str] = frozenset(),
    origin: str | None = None,
) -> Server:
    """Find the service of a URL, with or without its version prefix.

    Args:
        url: Where it is.
        users: Made up if they are None.
        collections: Names of its resources, if not those of the sample.
        transport: Used instead of the network.
        features: What is known of it already, besides what it announces.
        origin: Of web pages that it allows, if not all.

    Raises:
        UnreachableError: no service of the protocol answers there.
    """
    client = httpx.Client(
        transport=transport, timeout=TIMEOUT, headers=_HEADERS, limits=_LIMITS
    )
    try:
        server = _describe(client, url)
    except UnreachableError:
        client.close()
        raise
    server.features |= features
    server.is_inside = transport is not None
    server.collections = collections or server.collections
    server.origin = origin or server.origin
    server.alice, server.bob = users[0] or server.alice, users[1] or server.bob
    return server


def _describe(client: httpx.Client, url: str) -> Server:
    """Ask a server what it is like."""
    address, response = _look(client, url)
    root, slash, version = address.rstrip("/").rpartition("/")
    if version[:1] != "v" or not version[1:].isdigit():
        raise UnreachableError(f"{address} ends with no version, as /v1/ is one")
    hello = _hello(response)
    server = Server(client, root, slash + version, hello)
    server.features = _features(hello, response)
    stranger = client.get(address, headers={"Origin": STRANGER})
    if "Access-Control-Allow-Origin" not in stranger.headers:
        server.features |= {ORIGINS}
    return server


def _look(client: httpx.Client, url: str) -> tuple[str, httpx.Response]:
    """Follow redirections to the hello view; its address, and what it says."""
    try:
        with_slash = url if url.endswith("/") else f"{url}/"
        response = client.get(with_slash, follow_redirects=True)
    except httpx.HTTPError as error:
        raise UnreachableError(f"{url}: {error}") from error
    return str(response.url.copy_with(query=None)), response


def _hello(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        found = None
    if response.status_code == httpx.codes.GONE and isinstance(found, dict):
        return {}
    if not isinstance(found, dict) or not response.is_success:
        raise UnreachableError(
            f"{response.url} is no hello view: status {response.status_code}"
        )
    return found


def _features(hello: Mapping[str, Any], response: httpx.Response) -> frozenset[str]:
    """Return what a service announces: capabilities, and whether it ends."""
    if response.status_code == httpx.codes.GONE:
        return frozenset({ENDED})
    capabilities = hello.get("capabilities")
    names = set(capabilities) if isinstance(capabilities, dict) else set()
    if hello.get("eos") or "Alert" in response.headers:
        names.add(ENDING)
    settings = hello.get("settings")
    if isinstance(settings, dict) and settings.get("readonly") is True:
        return frozenset({READONLY, *names})
    return frozenset({SERVING, *names})
