"""URLs of Redis: of one server, of Sentinels that know which one it is, of a cluster.

`redis://host:port/db`, `rediss://` for TLS and `unix://path` are those of redis-py.
`redis+sentinel://host:port,host:port/service/db` names Sentinels and what they watch,
`redis+cluster://host:port,host:port/` some nodes; both may be `rediss+…`.
"""

import re
from typing import Any, NamedTuple

import redis
from redis.connection import parse_url

SENTINEL, CLUSTER = "sentinel", "cluster"

#: By kind: where they listen unless told otherwise.
_PORTS = {SENTINEL: 26379, CLUSTER: 6379}

_EXAMPLE = "redis://localhost:6379/0"
_EXAMPLES = {
    SENTINEL: "redis+sentinel://host1:26379,host2:26379/service/0",
    CLUSTER: "redis+cluster://host1:6379,host2:6379/",
}

_MANY = re.compile(
    rf"(?P<scheme>rediss?)\+(?P<kind>{SENTINEL}|{CLUSTER})://"
    r"(?:(?P<user>[^/?#]*)@)?(?P<hosts>[^/?#@]+)(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?"
)
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+)(?::(?P<port>\d{1,5}))?")
_PATHS = {
    SENTINEL: re.compile(r"/(?P<service>[^/]+)(?:/(?P<db>\d*))?"),
    CLUSTER: re.compile(r"/?0?(?P<service>)(?P<db>)"),
}


class Address(NamedTuple):
    """Several servers, as a URL names them.

    Attributes:
        kind: `SENTINEL` or `CLUSTER`.
        hosts: Host and port of each.
        service: What Sentinels call the servers that they watch.
        options: Those of connections, as redis-py has them.
        sentinel_options: Those of connections to Sentinels, where they differ.
        url: That of the first one, of the scheme of a single server.
    """

    kind: str
    hosts: tuple[tuple[str, int], ...]
    service: str
    options: dict[str, Any]
    sentinel_options: dict[str, Any]
    url: str

    @property
    def identity(self) -> tuple[Any, ...]:
        """Return what is the same for all URLs of the same servers."""
        return (self.kind, frozenset(self.hosts), self.service)


def example(url: str = "") -> str:
    """Return a URL of the kind that one was to be."""
    scheme = url.partition("://")[0]
    return next((each for kind, each in _EXAMPLES.items() if kind in scheme), _EXAMPLE)


def parse(url: str) -> Address | None:
    """Return what a URL says of several servers; None if it names a single one.

    Raises:
        ValueError: it is neither.
    """
    if "+" not in url.partition("://")[0]:
        return None
    found = _MANY.fullmatch(url)
    path = found and _PATHS[found["kind"]].fullmatch(found["path"] or "")
    if not found or not path:
        raise ValueError("neither Sentinels with a service, nor nodes of a cluster")
    hosts = tuple(_host(text, found["kind"]) for text in found["hosts"].split(","))
    user = "" if found["user"] is None else f"{found['user']}@"
    (host, port), query = hosts[0], found["query"] or ""
    shown = f"[{host}]" if ":" in host else host
    single = f"{found['scheme']}://{user}{shown}:{port}/{path['db'] or 0}{query}"
    options = parse_url(single)  # type: ignore[no-untyped-call]
    for name in ("host", "port"):
        options.pop(name)
    special = {
        name.removeprefix(f"{SENTINEL}_"): options.pop(name)
        for name in list(options)
        if name.startswith(f"{SENTINEL}_")
    }
    if options.pop("connection_class", None) is not None:
        options["ssl"] = True
    return Address(found["kind"], hosts, path["service"], options, special, single)


def check_options(pool: redis.ConnectionPool) -> None:
    """Refuse options that no connection has; nothing is connected.

    Raises:
        ValueError: a connection cannot have them.
    """
    try:
        pool.connection_class(**pool.connection_kwargs)
    except (TypeError, redis.RedisError) as error:
        raise ValueError(str(error)) from error


def _host(text: str, kind: str) -> tuple[str, int]:
    found = _HOST.fullmatch(text)
    port = int(found["port"] or _PORTS[kind]) if found else 0
    if not found or not 0 < port < 65536:
        raise ValueError(f"no host and port: {text!r}")
    return found["host"].strip("[]"), port
