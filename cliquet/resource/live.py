"""Lists that somebody waits for: what they tell those who run them over and over."""

from collections.abc import Sequence
from typing import Any

from cliquet.live.hub import Hub, Visit, place_of
from cliquet.resource import responses
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring import Listing, parse_wait
from cliquet.storage.query import COMPARISON, Sort
from cliquet.types import Record

_TOO_MANY = "Too many clients wait for changes, please retry later."


def join(resource: Any) -> Visit | None:
    """Take a seat for the client of a list, if it wants to wait for news.

    Before the list is read: what is written from now on wakes it.

    Raises:
        InvalidParameter: it does not say how long, or asks for pages of a stream.
        HTTPServiceUnavailable: all seats are taken.
    """
    request, model = resource.request, resource.model
    if not isinstance(getattr(request.registry, "live", None), Hub):
        return None
    seconds = parse_wait(request.GET.get("_wait"))
    # Entries of batches have the environ of their batch, which has none.
    visit = request.environ.get(Visit.ENVIRON)
    if not isinstance(visit, Visit):
        return None
    if visit.is_stream and visit.refused is not None:
        description = "Streams are in the order of changes, and have no pages"
        raise InvalidParameter("querystring", visit.refused, description)
    if not visit.is_stream and (not seconds or "_since" not in request.GET):
        return None
    visit.seconds, visit.modified_field = seconds, model.modified_field
    if not visit.sit_down(place_of(model.collection_id, model.parent_id)):
        raise responses.unavailable(_TOO_MANY)
    return visit


def in_order(visit: Visit | None, listing: Listing, modified_field: str) -> Listing:
    """Return what to list: for a stream, in the order of changes."""
    if visit is None or not visit.is_stream:
        return listing
    known = [
        each.value
        for each in listing.filters
        if each.field == modified_field and each.operator is COMPARISON.GT
    ]
    visit.since = max(known, default=None)
    return listing._replace(sorting=[Sort(modified_field, 1)])


def tell(visit: Visit | None, records: Sequence[Record]) -> None:
    """Note whether the list found something, for those who run it over and over."""
    if visit is not None:
        visit.found = len(records)
