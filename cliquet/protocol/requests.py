"""Which class do requests have?

Pyramid gives each request a class of its own, to hold the properties that were added
with `add_request_method`, and sets the methods on each. It costs 30 µs, twice for each
entry of a batch. Here one class is made at start, when both are known.
"""

from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.interfaces import IRequestExtensions
from pyramid.request import Request, apply_request_extensions


class _Remaining:
    """The extensions that a request of the class made at start still needs."""

    def __init__(self, extensions: Any) -> None:
        self._every = extensions
        self._known = dict(extensions.descriptors), dict(extensions.methods)

    @property
    def descriptors(self) -> dict[str, Any]:
        """Tell the properties, if some were added or replaced after the start."""
        every: dict[str, Any] = self._every.descriptors
        return {} if every == self._known[0] else every

    @property
    def methods(self) -> dict[str, Any]:
        """Tell the methods, if some were added or replaced after the start."""
        every: dict[str, Any] = self._every.methods
        return {} if every == self._known[1] else every


def setup_request_class(config: Any) -> None:
    """Put what requests have in their class, once it is all there."""
    config.add_subscriber(_make_class, ApplicationCreated)


def _make_class(event: Any) -> None:
    router = event.app
    extensions, factory = router.request_extensions, router.request_factory
    if extensions is None or not isinstance(factory, type):
        # The application has a function that makes requests.
        return
    members = {**extensions.methods, **extensions.descriptors}
    made = type(factory.__name__, (factory,), members)
    made.__module__ = factory.__module__
    router.request_factory = router.registry.request_class = made
    router.request_extensions = _Remaining(extensions)
    router.registry.request_extensions = router.request_extensions


def blank_request(registry: Any, *args: Any, **kwargs: Any) -> Any:
    """Make a request like those of the application, without its properties so far."""
    made = getattr(registry, "request_class", None)
    factory: Any = made if isinstance(made, type) else Request
    request = factory.blank(*args, **kwargs)
    request.registry = registry
    return request


def request_of(registry: Any, environ: dict[str, Any]) -> Any:
    """Make a request of the application's class of an environ."""
    made = getattr(registry, "request_class", None)
    if isinstance(made, type):
        request = made(environ)
        request.registry = registry
        return request
    request = Request(environ)
    request.registry = registry
    extend_request(request)
    return request


def extend_request(request: Any) -> None:
    """Give a request the methods and properties of the application's requests."""
    registry = request.registry
    if type(request) is getattr(registry, "request_class", None):
        extensions = registry.request_extensions
    else:
        extensions = registry.queryUtility(IRequestExtensions)
    if extensions is not None:
        apply_request_extensions(request, extensions=extensions)
