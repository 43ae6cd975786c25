"""Names of the types of values that modules exchange, for annotations.

Pyramid, WebOb and Cornice have no annotations: what we use of their objects is
described by protocols.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from cliquet.object_ids import RecordPath

if TYPE_CHECKING:
    from cliquet.cache.base import CacheBase
    from cliquet.permission.base import PermissionBase
    from cliquet.storage.base import StorageBase
    from cliquet.storage.generators import Generator

# Of properties that are computed once. That of functools, up to Python 3.11, computes
# under one lock for all instances: who waits for a database would hold up all others.
if TYPE_CHECKING:
    from functools import cached_property  # noqa: TID251 -- its types

    reify = cached_property
else:
    from pyramid import decorator

    reify = decorator.reify

Record = dict[str, Any]
"""One JSON object with at least an id and a timestamp."""

Result = Record | list[Record]
"""What an endpoint answers: a record, or those of a list."""

Timestamp = int
"""Milliseconds since the Unix epoch."""

Principal = str
"""A user, a group, or everyone."""

Membership = tuple[str, Principal]
"""A user id, and a principal that the user has."""

Grant = tuple[str, str, Principal]
"""An object id, a permission, and a principal that has it."""

Impact = dict[Literal["new", "old", "before"], Record]
"""One record that changed, in an event: which keys there are depends on the action.

No `TypedDict`: strict checkers want each access to a key that may lack to be guarded,
also where the subscriber asked for one action only.
"""

Permissions = dict[str, set[Principal]]
"""The principals that have each permission on one object."""

Location = Literal["body", "querystring", "path", "header", "headers"]
"""Where in a request an error lies. Clients see it, so both names of headers stay:
`header` is that of Cornice, for schemas and unreadable requests; `headers` that of
3.1 for preconditions."""

Settings = dict[str, Any]
"""Settings of an application, by their names without prefix."""

Environ = dict[str, Any]
"""A WSGI environment (PEP 3333)."""


class Response(Protocol):
    """A response, of which hooks and subscribers may change the headers."""

    status: Any
    status_code: int
    body: bytes
    headers: MutableMapping[str, str]
    headerlist: list[tuple[str, str]]
    content_type: str | None
    charset: str | None
    cache_control: Any
    default_content_type: str

    def cache_expires(self, seconds: int = 0) -> None:
        """Set `Cache-Control` and `Expires`."""


class Registry(Protocol):
    """What an application has once, among its parts.

    Backends are absent where none is configured. They have the interfaces of
    `StorageBase`, `CacheBase` and `PermissionBase`, which third parties implement.
    """

    settings: Settings
    storage: "StorageBase"
    permission: "PermissionBase"
    cache: "CacheBase"
    id_generator: "Generator"
    heartbeats: dict[str, Callable[[Any], Any]]
    running_checks: Any
    response_steps: list[Callable[[Any, Any], None]]
    """See `cliquet.framework.completion`."""
    operational_paths: set[str]
    """Paths that answer after the end of the service, too."""
    instruments: list[Any]
    """See `cliquet.monitoring.instruments`."""
    version_json: Any
    """The file `version_json_path`, if there is one."""
    cornice_services: dict[str, Any]
    """Services by the pattern of their route."""
    notify: Callable[..., None]
    adapters: Any
    public_settings: set[str]
    """Names of the settings that clients may see."""
    api_capabilities: dict[str, Any]
    queryUtility: Callable[..., Any]  # noqa: N815 -- named by zope.interface


class Errors(Protocol):
    """What is wrong with a request: the response is a 400 if there is anything."""

    status: int

    def append(self, entry: dict[str, Any], /) -> None:
        """Add one error, as the members that clients see."""

    def add(
        self,
        location: str,
        name: str | None = None,
        description: Any = None,
        **kwargs: Any,
    ) -> None:
        """Add one error."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Go through them."""

    def __len__(self) -> int:
        """Return how many there are."""


class Request(Protocol):
    """A request of an application, with what Cliquet adds to it.

    Applications that add attributes of their own derive from it, for annotations.
    """

    registry: Registry
    response: Response
    environ: Environ
    method: str
    path: str
    path_info: str
    upath_info: str
    host_url: str
    application_url: str
    path_url: str
    headers: MutableMapping[str, str]
    GET: Mapping[str, Any]
    POST: Mapping[str, Any]
    params: Mapping[str, Any]
    cookies: Mapping[str, str]
    url: str
    host: str
    scheme: str
    client_addr: str | None
    content_type: str
    body: bytes
    text: str
    json: Any
    """The body; raises `ValueError` when it is no JSON."""
    json_body: Any
    """The same."""
    matchdict: dict[str, str]
    matched_route: Any
    context: Any
    validated: dict[str, Any]
    errors: Errors
    info: dict[str, Any]
    """State of Cornice."""
    parent: "Request | None"
    """The request of the batch; only entries of batches have the attribute."""
    bound_data: dict[str, Any]
    """Shared by a batch and its entries."""
    current_service: Any
    current_resource_name: str
    record_pattern: RecordPath
    """See `cliquet.protocol.routing`."""
    authn_type: str
    selected_userid: str
    prefixed_userid: str | None
    authenticated_userid: str | None
    effective_principals: Iterable[Principal]
    tm: Any
    request_id: str
    """Its name in logs."""

    def object_context(self, permission: str, object_id: str) -> Any:
        """Return the context that `has_permission("dynamic", …)` decides upon."""

    def follow_subrequest(
        self, subrequest: "Request", **kwargs: Any
    ) -> "tuple[Response, Request]":
        """Return the response to another request, after redirections, and the last."""

    def notify_resource_event(self, timestamp: Timestamp, **kwargs: Any) -> None:
        """Add to the events of the request, see `cliquet.events`."""

    def get_resource_events(self, after_commit: bool = False) -> list[Any]:
        """Return the events of the current transaction, see `cliquet.events`."""

    def invoke_subrequest(
        self, request: "Request", use_tweens: bool = False
    ) -> Response:
        """Return the response to another request."""

    def invoke_exception_view(self, *, reraise: bool = False) -> Response:
        """Return the response to the exception that is being handled."""

    def get_user_info(self) -> dict[str, Any]:
        """Return what the hello view shows of the user; plugins replace it."""

    def has_permission(self, permission: str, context: Any = None) -> Any:
        """Ask the authorization policy."""

    def route_url(self, route_name: str, *elements: str, **kwargs: Any) -> str:
        """Return the URL of a route."""

    def route_path(self, route_name: str, *elements: str, **kwargs: Any) -> str:
        """Return the path of a route, with that of the mount point."""
