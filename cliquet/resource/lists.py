"""Which records are on the page that a request asks for; where is the next one?

Functions take the resource that serves the request.
"""

from typing import Any

from pyramid.settings import asbool

from cliquet.resource import querystring
from cliquet.resource.querystring import Listing
from cliquet.settings import get_setting
from cliquet.storage.query import COMPARISON, Filter, Sort
from cliquet.types import Record

_PAGE_PARAMETERS = ("_limit", "_sort", "_token")


def parse_listing(resource: Any) -> Listing:
    """Read the query string.

    Raises:
        InvalidParameter: for the first parameter that is not acceptable.
    """
    filters = resource._extract_filters()  # noqa: SLF001 -- overridden by applications
    settings = resource.request.registry.settings
    return querystring.parse(
        resource.request.GET,
        filters=filters,
        is_known_field=resource.is_known_field,
        known_fields=projectable_fields(resource),
        paginate_by=get_setting(settings, "paginate_by"),
        id_field=resource.model.id_field,
        modified_field=resource.model.modified_field,
    )


def projectable_fields(resource: Any) -> set[str] | None:
    """Answer the fields that may be asked for, None for any."""
    if resource.mapping.get_option("preserve_unknown"):
        return None
    fields: set[str] = resource._get_known_fields()  # noqa: SLF001 -- overridden too
    return fields


def fetch_page(resource: Any, listing: Listing) -> tuple[list[Record], int]:
    """Answer the records of a page, and how many there are on all of them.

    ``Next-Page`` is set if and only if records remain (rulings §2.22): one more than
    wanted is asked for.
    """
    size = _page_size(resource, listing.limit)
    records, total = resource.model.get_records(
        filters=listing.filters,
        sorting=listing.sorting,
        limit=None if size is None else size + 1,
        pagination_rules=_page_rules(resource, listing),
        include_deleted=listing.include_deleted,
    )
    if size is not None and len(records) > size:
        next_page = _next_page_url(resource, listing, records[: size + 1])
        resource.request.response.headers["Next-Page"] = next_page
        records = records[:size]
    return records, total


def _page_size(resource: Any, limit: int | None) -> int | None:
    """Bound a page by what the storage gives at once (rulings §2.1)."""
    settings = resource.request.registry.settings
    bound = get_setting(settings, "storage_max_fetch_size")
    if not bound:
        return limit
    return int(bound) if limit is None else min(limit, int(bound))


def _page_rules(resource: Any, listing: Listing) -> list[list[Filter]] | None:
    place, id_field = listing.place, resource.model.id_field
    if place is None:
        return None
    record = None
    if not place.is_complete:
        # With the filters: a token tells nothing of what is not in the list.
        same_id = Filter(id_field, place.values[id_field], COMPARISON.EQ)
        found, _ = resource.model.get_records(
            filters=[*listing.filters, same_id], limit=1
        )
        record = found[0] if found else None
    values = place.complete(record, listing.sorting, resource.model.modified_field)
    return querystring.build_rules(listing.sorting, values, id_field)


def _next_page_url(resource: Any, listing: Listing, records: list[Record]) -> str:
    """Build the URL of the page that the last of these records begins."""
    *page, following = records
    sorting = listing.sorting
    if querystring.are_tied(sorting, page[-1], following):
        sorting = [*sorting, Sort(resource.model.id_field, 1)]
    offset = len(page) + (listing.place.offset if listing.place else 0)
    token = resource._build_pagination_token(  # noqa: SLF001 -- overridden too
        sorting, page[-1], offset
    )
    request = resource.request
    parameters = request.GET.copy()
    parameters["_limit"] = str(len(page))
    parameters["_token"] = token
    url: str = request.route_url(
        request.current_service.name, _query=parameters, **request.matchdict
    )
    return url


def narrow_to_page(resource: Any, filters: list[Filter]) -> list[Filter]:
    """Restrict a DELETE to one page, if asked and ``paginated_delete`` is on."""
    request = resource.request
    enabled = get_setting(request.registry.settings, "paginated_delete")
    if not asbool(enabled) or not any(map(request.GET.get, _PAGE_PARAMETERS)):
        return filters
    listing = querystring.live_only(parse_listing(resource))
    records, _ = fetch_page(resource, listing)
    id_field = resource.model.id_field
    ids = {record[id_field] for record in records}
    return [*filters, Filter(id_field, ids, COMPARISON.IN)]
