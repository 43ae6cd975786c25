"""Requests: their attributes, and the one class that has them all.

Pyramid creates a class for each request, to hold the properties that were added with
`add_request_method`, and sets the methods on each instance: 30 µs, twice for each entry
of a batch. Here one class is created when the application is complete.

Relies on `request_factory`, `request_extensions` and `invoke_subrequest` of Pyramid's
router, and on `request.errors`, `request.info` and `registry.cornice_services`, which
Cornice shares with us.
"""

from typing import Any

from pyramid.config import Configurator
from pyramid.events import ApplicationCreated
from pyramid.interfaces import IRequestExtensions
from pyramid.request import Request as PyramidRequest
from pyramid.request import apply_request_extensions

from cliquet.framework.media_types import setup_media_types
from cliquet.types import Environ, Registry, Request, Response

# --- Attributes ------------------------------------------------------------------


def setup_request_bound_data(config: Configurator) -> None:
    """Add to requests a mapping that the sub-requests of a batch share."""
    config.add_request_method(_bound_data, name="bound_data", reify=True)


def _bound_data(request: Request) -> dict[str, Any]:
    parent: Request | None = getattr(request, "parent", None)
    return parent.bound_data if parent else {}


def setup_service_attributes(config: Configurator) -> None:
    """Add to requests what views of services need, and the service itself."""
    config.add_request_method(ValidationErrors, name="errors", reify=True)
    config.add_request_method(lambda request: {}, name="info", reify=True)
    config.add_request_method(current_service, reify=True)
    config.add_request_method(current_resource_name, reify=True)
    setup_media_types(config)


class ValidationErrors(list[dict[str, Any]]):
    """What is wrong with a request, in the order in which it was found.

    Unlike Cornice's list it takes any location: `headers` is one of ours.
    """

    def __init__(self, request: Request | None = None, status: int = 400) -> None:
        super().__init__()
        self.request = request
        self.status = status

    def add(
        self,
        location: str,
        name: str | None = None,
        description: Any = None,
        **kwargs: Any,
    ) -> None:
        """Add one error."""
        entry = {"location": location, "name": name, "description": description}
        self.append({**entry, **kwargs})


def current_service(request: Request) -> Any:
    """Return the Cornice service of the matched route, or None."""
    if not request.matched_route:
        return None
    return request.registry.cornice_services.get(request.matched_route.pattern)


def current_resource_name(request: Request) -> str:
    """Return the name of the resource that the request reached.

    Raises:
        AttributeError: The current service is no resource.
    """
    service = request.current_service
    # Set by `register`; others may have a viewset too.
    name = getattr(service, "resource_name", None)
    if not isinstance(name, str):
        name = service.viewset.get_name(service.resource)
    return str(name)


# --- Class -----------------------------------------------------------------------


def setup_request_class(config: Configurator) -> None:
    """Put the extensions of requests into their class, once they are complete."""
    config.add_subscriber(_use_one_class, ApplicationCreated)


class _Extensions(dict[str, Any]):
    """Extensions of one kind; those that are added later reach the class too."""

    def __init__(self, known: dict[str, Any], request_class: type) -> None:
        super().__init__(known)
        self._request_class = request_class

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        setattr(self._request_class, name, value)


def _use_one_class(event: ApplicationCreated) -> None:
    router = event.app
    registry, factory = router.registry, router.request_factory
    extensions = router.request_extensions
    if extensions is None or not isinstance(factory, type):
        # The application has a function that creates requests.
        return
    members = {**extensions.methods, **extensions.descriptors}
    created = type(factory.__name__, (factory,), members)
    created.__module__ = factory.__module__
    extensions.methods = _Extensions(extensions.methods, created)
    extensions.descriptors = _Extensions(extensions.descriptors, created)
    invoke = router.invoke_subrequest

    def invoke_subrequest(request: Request, use_tweens: bool = False) -> Response:
        # Applications create sub-requests of any class.
        request.registry = registry
        extend_request(request)
        response: Response = invoke(request, use_tweens)
        return response

    router.request_factory = registry.request_class = created
    router.request_extensions = None
    router.invoke_subrequest = invoke_subrequest


def extend_request(request: Request) -> None:
    """Add to a request the methods and properties of the application's requests."""
    registry = request.registry
    if type(request) is not getattr(registry, "request_class", None):
        extensions = registry.queryUtility(IRequestExtensions)
        if extensions is not None:
            apply_request_extensions(request, extensions=extensions)


def create_request(registry: Registry, environ: Environ) -> Request:
    """Return a request like those of the application, for an environ."""
    request_class: Any = getattr(registry, "request_class", None)
    # Applications test with registries whose attributes are mocks.
    is_known = isinstance(request_class, type)
    request: Request = (request_class if is_known else PyramidRequest)(environ)
    request.registry = registry
    extend_request(request)
    return request
