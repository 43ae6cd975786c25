"""Which of the views of a URL answers a method, without asking all of them?

Pyramid asks each view of a route in turn: one that is for another method raises, and a
resource has up to eight. Here views are sorted by method at the first request, and only
those that may answer are asked, in Pyramid's order.
"""

from typing import Any

from pyramid.config.views import MultiView
from pyramid.events import ApplicationCreated
from pyramid.exceptions import PredicateMismatch
from pyramid.interfaces import IMultiView, IRouteRequest
from pyramid.predicates import AcceptPredicate, RequestMethodPredicate

from cliquet.backends.keeping import KeepingConnection

_Entry = tuple[Any, Any, Any]
_Candidate = tuple[list[Any], Any]

#: They hold for all views of a method, for a client that accepts anything.
_DECIDED = (RequestMethodPredicate, AcceptPredicate)


def setup_dispatch(config: Any) -> None:
    """Replace the views of all routes, once they are all there."""
    config.add_subscriber(_index_views, ApplicationCreated)


def _index_views(event: Any) -> None:
    registry = event.app.registry
    services = getattr(registry, "cornice_services", {}).values()
    resources = {
        registry.queryUtility(IRouteRequest, name=service.name)
        for service in services
        if hasattr(service, "resource")
    }
    for registered in list(registry.registeredAdapters()):
        found = registered.factory
        if registered.provided is IMultiView and type(found) is MultiView:
            registry.registerAdapter(
                IndexedMultiView.of(found, registered.required[1] in resources),
                registered.required,
                IMultiView,
                registered.name,
            )


class IndexedMultiView(MultiView):
    """The views of a URL, by method.

    Those of a resource keep a connection between reads: of permissions, of the
    timestamp, of records.
    """

    def __init__(self, name: str, of_resource: bool = False) -> None:
        super().__init__(name)
        self._of_resource = of_resource
        self._by_method: dict[str, list[_Entry]] = {}
        self._unhindered: dict[str, list[_Candidate]] = {}

    @classmethod
    def of(cls, found: MultiView, of_resource: bool) -> "IndexedMultiView":
        """Copy the views of another one."""
        made = cls(found.name, of_resource)
        made.media_views = found.media_views
        made.views = found.views
        made.accepts = found.accepts
        return made

    def add(self, *args: Any, **kwargs: Any) -> None:
        """Add a view: what was sorted is sorted again."""
        self._by_method = {}
        self._unhindered = {}
        super().add(*args, **kwargs)

    def __call__(self, context: Any, request: Any) -> Any:
        """Answer by the first view that may."""
        if not self._of_resource:
            return self._ask(context, request)
        with KeepingConnection():
            return self._ask(context, request)

    def _ask(self, context: Any, request: Any) -> Any:
        """Ask the views that may answer; predicates that must hold are not asked."""
        if "HTTP_ACCEPT" in request.environ:
            return super().__call__(context, request)
        method = request.method
        candidates = self._unhindered.get(method)
        if candidates is None:
            candidates = [_candidate(view) for _, view, _ in self.get_views(request)]
            if len(self._unhindered) < _MOST_METHODS:
                self._unhindered[method] = candidates
        for predicates, view in candidates:
            if all(predicate(context, request) for predicate in predicates):
                try:
                    return view(context, request)
                except PredicateMismatch:
                    continue
        raise PredicateMismatch(self.name)

    def get_views(self, request: Any) -> list[_Entry]:
        """Tell the views that may answer, in the order in which they are asked."""
        method = request.method
        if "HTTP_ACCEPT" in request.environ:
            views: list[_Entry] = super().get_views(request)
            return [entry for entry in views if _is_for(entry[1], method)]
        # Any media type will do.
        known = self._by_method.get(method)
        if known is None:
            every = [each for offer in self.accepts for each in self.media_views[offer]]
            every += self.views
            known = [entry for entry in every if _is_for(entry[1], method)]
            if len(self._by_method) < _MOST_METHODS:
                self._by_method[method] = known
        return known


#: Clients may make methods up.
_MOST_METHODS = 20


def _candidate(view: Any) -> _Candidate:
    """Tell what has yet to be asked, and the view below all predicates."""
    predicates = list(getattr(view, "__predicates__", ()))
    below = view
    while hasattr(below, "__predicates__"):
        below = getattr(below, "__wraps__", None)
        if below is None:
            return [], view
    return [each for each in predicates if type(each) not in _DECIDED], below


def _is_for(view: Any, method: str) -> bool:
    predicates = getattr(view, "__predicates__", ())
    return all(
        method in predicate.val
        for predicate in predicates
        if type(predicate) is RequestMethodPredicate
    )
