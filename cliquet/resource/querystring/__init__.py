"""What does the query string of a list ask for?

One file a question: ``filters``, ``sorting``, ``pagination`` and its ``token``,
``projection``; ``values`` reads the texts of all.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cliquet.resource.querystring.filters import parse_filters, uses_deprecated_name
from cliquet.resource.querystring.pagination import are_tied, build_rules, parse_limit
from cliquet.resource.querystring.projection import parse_fields
from cliquet.resource.querystring.sorting import parse_sorting
from cliquet.resource.querystring.token import Place, build_token, parse_token
from cliquet.resource.querystring.values import check_text
from cliquet.storage.query import Filter, Sort

__all__ = [
    "Listing",
    "Place",
    "are_tied",
    "build_rules",
    "build_token",
    "live_only",
    "parse",
    "parse_fields",
    "parse_filters",
    "parse_limit",
    "parse_sorting",
    "parse_token",
    "uses_deprecated_name",
]


@dataclass(frozen=True, slots=True)
class Listing:
    """The records that a request asks for.

    Attributes:
        filters: all of them apply.
        sorting: from the most significant key to the least.
        limit: how many records the page holds; None for no limit.
        place: where the page before ended; None for the first page.
        fields: names to keep; None for whole records.
        include_deleted: whether tombstones are eligible.
    """

    filters: list[Filter]
    sorting: list[Sort]
    limit: int | None
    place: Place | None
    fields: list[str] | None
    include_deleted: bool


def parse(
    parameters: Mapping[str, Any],
    *,
    filters: list[Filter],
    is_known_field: Callable[[str], bool],
    known_fields: Collection[str] | None,
    paginate_by: int | None,
    id_field: str = "id",
    modified_field: str = "last_modified",
) -> Listing:
    """Read the query string of a list, in protocol order (§13.1); filters are read.

    Args:
        parameters: the query string; of a repeated name, ``get`` answers the last.
        filters: what :func:`parse_filters` read, and what the server adds.
        is_known_field: whether a field may be sorted by.
        known_fields: fields that may be projected; None for any.
        paginate_by: the limit of the server.
        id_field: name of the id in records.
        modified_field: name of the timestamp in records.

    Raises:
        InvalidParameter: for the first parameter that is not acceptable.
    """
    for name in ("_limit", "_sort", "_fields", "_token"):
        check_text(name, parameters.get(name))
    limit = parse_limit(parameters.get("_limit"), paginate_by)
    sorting = parse_sorting(
        parameters.get("_sort"),
        is_known_field=is_known_field,
        modified_field=modified_field,
    )
    fields = parse_fields(
        parameters.get("_fields"),
        known_fields=known_fields,
        always=(id_field, modified_field),
    )
    token = parameters.get("_token")
    place = None
    if token:
        place = parse_token(
            token, sorting, id_field=id_field, modified_field=modified_field
        )
    return Listing(
        filters=filters,
        sorting=sorting,
        limit=limit,
        place=place,
        fields=fields,
        include_deleted=any(item.field == modified_field for item in filters),
    )


def live_only(listing: Listing) -> Listing:
    """Leave tombstones out of a listing, whatever its filters."""
    return replace(listing, include_deleted=False)
