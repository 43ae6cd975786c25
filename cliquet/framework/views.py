"""Views by method and `Accept`: the dispatch of Pyramid, of which the result is kept.

Pyramid calls the views of a route in turn until one does not refuse; a resource has up
to eight, and most refuse for the method or the media type. Clients send few pairs of
these: the views that are left are remembered for each pair, in Pyramid's order.

Relies on `MultiView` (`get_views`, `media_views`, `add`), and on the attributes
`__predicates__` and `__wraps__` of views.
"""

from collections.abc import Callable, Iterator
from typing import Any

from pyramid.config import Configurator
from pyramid.config.views import MultiView
from pyramid.events import ApplicationCreated
from pyramid.exceptions import PredicateMismatch
from pyramid.interfaces import IMultiView
from pyramid.predicates import AcceptPredicate, RequestMethodPredicate

from cliquet.types import Request

_View = Callable[[Any, Request], Any]
_Predicate = Callable[[Any, Request], bool]
_Candidate = tuple[list[_Predicate], _View]

#: Their result is the same for all requests with the same method and `Accept`.
_DECIDED = (RequestMethodPredicate, AcceptPredicate)

# Clients choose both parts of the keys: nothing else bounds their number and length.
# Browsers send less than 200 characters.
_MOST_KEYS = 50
_LONGEST_KEY = 400


def setup_dispatch(config: Configurator) -> None:
    """Replace the views of all routes when the application is complete."""
    config.add_subscriber(_index_views, ApplicationCreated)


def _index_views(event: ApplicationCreated) -> None:
    registry = event.app.registry
    for registered in list(registry.registeredAdapters()):
        found = registered.factory
        if registered.provided is IMultiView and type(found) is MultiView:
            registry.registerAdapter(
                IndexedMultiView(found),
                registered.required,
                IMultiView,
                registered.name,
            )


class IndexedMultiView(MultiView):
    """The views of a URL, remembered by method and `Accept`."""

    def __init__(self, found: MultiView) -> None:
        self.__dict__.update(vars(found))
        self._candidates: dict[tuple[str, str | None], list[_Candidate]] = {}

    def add(self, *args: Any, **kwargs: Any) -> None:
        """Add a view, and forget what was remembered."""
        super().add(*args, **kwargs)
        self._candidates = {}

    def __call__(self, context: Any, request: Request) -> Any:
        """Call the first view that does not refuse.

        Raises:
            PredicateMismatch: All of them do.
        """
        key = (request.method, request.environ.get("HTTP_ACCEPT"))
        candidates = self._candidates.get(key)
        if candidates is None:
            candidates = list(self._find_candidates(context, request))
            if len(key[0]) + len(key[1] or "") <= _LONGEST_KEY:
                if len(self._candidates) >= _MOST_KEYS:
                    self._candidates = {}
                self._candidates[key] = candidates
        for predicates, view in candidates:
            for predicate in predicates:
                if not predicate(context, request):
                    break
            else:
                try:
                    return view(context, request)
                except PredicateMismatch:
                    continue
        raise PredicateMismatch(self.name)

    def _find_candidates(self, context: Any, request: Request) -> Iterator[_Candidate]:
        """Yield what remains to be asked of the views, and these without predicates."""
        for _, view, _ in self.get_views(request):
            decided: list[_Predicate] = []
            others: list[_Predicate] = []
            for predicate in getattr(view, "__predicates__", ()):
                (decided if type(predicate) in _DECIDED else others).append(predicate)
            if all(predicate(context, request) for predicate in decided):
                below = _without_predicates(view)
                yield ([], view) if below is None else (others, below)


def _without_predicates(view: Any) -> _View | None:
    """Return the view inside the wrappers that check predicates, if it can be found."""
    while view is not None and hasattr(view, "__predicates__"):
        view = getattr(view, "__wraps__", None)
    found: _View | None = view
    return found
