"""The query string of a list: filters, order, page and fields that it asks for.

What is not acceptable is refused with an `InvalidParameter`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from cliquet.bounds import MAX_NAMES, MAX_SORT_FIELDS, MAX_WAIT_SECONDS
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring.filters import (
    as_field,
    check_text,
    is_bounded_integer,
    parse_value,
)
from cliquet.resource.querystring.pagination import Position, parse_token
from cliquet.storage.query import Filter, Sort

_SECONDS = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,3})?", re.ASCII)


class Listing(NamedTuple):
    """The records that a request asks for.

    Attributes:
        filters: All of them apply.
        sorting: From the most significant key to the least.
        limit: How many records the page holds; None for no limit.
        position: Where the page before ended; None for the first page.
        fields: Names to keep; None for whole records.
        include_deleted: Whether tombstones are eligible.
    """

    filters: list[Filter]
    sorting: list[Sort]
    limit: int | None
    position: Position | None
    fields: list[str] | None
    include_deleted: bool


def parse(
    parameters: Mapping[str, Any],
    *,
    filters: list[Filter],
    is_known_field: Callable[[str], bool],
    is_declared: Callable[[str], bool] | None = None,
    read_fields: Callable[[], list[str] | None],
    paginate_by: int | None,
    id_field: str = "id",
    modified_field: str = "last_modified",
) -> Listing:
    """Read the query string of a list (docs: protocol-collections).

    Args:
        parameters: The query string; of a repeated name, `get` returns the last.
        filters: What was read by `parse_filters`, and what the server adds.
        is_known_field: Whether a field may be sorted by.
        is_declared: Whether a schema has a field: if not, its dots make a path.
        read_fields: Reads `_fields`, see :func:`parse_fields`.
        paginate_by: The limit of the server.
        id_field: Name of the id in records.
        modified_field: Name of the timestamp in records.
    """
    for name in ("_limit", "_sort", "_fields", "_token"):
        check_text(name, parameters.get(name))
    limit = parse_limit(parameters.get("_limit"), paginate_by)
    sorting = parse_sorting(
        parameters.get("_sort"),
        is_known_field=is_known_field,
        is_declared=is_declared,
        modified_field=modified_field,
    )
    fields = read_fields()
    position = None
    if token := parameters.get("_token"):
        position = parse_token(
            token, sorting, id_field=id_field, modified_field=modified_field
        )
    include_deleted = any(item.field == modified_field for item in filters)
    return Listing(filters, sorting, limit, position, fields, include_deleted)


def parse_limit(text: Any, paginate_by: int | None) -> int | None:
    """Read `_limit`: how many records a page holds, None for no limit.

    Absent, empty and `0` mean the limit of the server, which is never exceeded.
    """
    server_limit = paginate_by or None
    if text in (None, ""):
        return server_limit
    failure = InvalidParameter("querystring", None, "_limit should be an integer")
    try:
        limit: int = parse_value("_limit", text)
    except InvalidParameter as error:
        raise failure from error
    if not is_bounded_integer(limit) or limit < 0:
        raise failure
    if server_limit is None:
        return limit or None
    return min(limit or server_limit, server_limit)


def parse_wait(text: str | None) -> float:
    """Read `_wait`: how many seconds a list may be waited for, 0 if it is absent."""
    if text is None:
        return 0.0
    if not _SECONDS.fullmatch(text.strip()) or float(text) > MAX_WAIT_SECONDS:
        description = f"_wait should be a number of seconds, {MAX_WAIT_SECONDS} at most"
        raise InvalidParameter("querystring", "_wait", description)
    return float(text)


def parse_sorting(
    text: str | None,
    *,
    is_known_field: Callable[[str], bool],
    is_declared: Callable[[str], bool] | None = None,
    modified_field: str = "last_modified",
) -> list[Sort]:
    """Read `_sort`; the newest first is the last criterion, if not the only one.

    Empty entries are skipped. Of a field named twice, the first counts: the second
    could not change the order.
    """
    directions: dict[str, int] = {}
    for entry in filter(None, map(str.strip, _split_names("_sort", text or ""))):
        field = entry[1:] if entry[0] in "+-" else entry
        if not is_known_field(field):
            raise InvalidParameter("querystring", None, f"Unknown sort field '{field}'")
        directions.setdefault(field, -1 if entry[0] == "-" else 1)
    if len(directions) > MAX_SORT_FIELDS:
        raise InvalidParameter("querystring", None, "Too many sort fields")
    directions.setdefault(modified_field, -1)
    is_literal = is_declared or is_known_field
    return [
        Sort(as_field(field, is_literal), direction)
        for field, direction in directions.items()
    ]


def parse_fields(
    text: str | None,
    *,
    known_fields: Collection[str] | None,
    always: Iterable[str] = ("id", "last_modified"),
) -> list[str] | None:
    """Read `_fields`: names, with dots for what is inside of objects.

    Args:
        text: Value of the parameter; absent or empty means whole records.
        known_fields: Fields that may be asked for, None for any.
        always: Fields that are returned anyhow.
    """
    if not text:
        return None
    names = list(dict.fromkeys(_split_names("_fields", text)))
    if known_fields is not None:
        roots = dict.fromkeys(name.partition(".")[0] for name in names)
        unknown = [root for root in roots if root not in known_fields]
        if unknown:
            raise InvalidParameter(
                # Location and name are odd, but those of 3.1.5.
                "body",
                "Invalid _fields parameter",
                f"Fields {','.join(unknown)} do not exist",
            )
    return [*names, *always]


def _split_names(parameter: str, text: str) -> list[str]:
    if text.count(",") >= MAX_NAMES:
        description = f"Number of names is limited to {MAX_NAMES}"
        raise InvalidParameter("querystring", parameter, description)
    return text.split(",")
