"""In which order are the records wanted? (protocol §13.4)."""

import re
from collections.abc import Callable

from cliquet.resource.invalid import InvalidParameter
from cliquet.storage.query import Sort

# Continuing a page takes a number of conditions that grows with the square of this.
MAX_SORT_FIELDS = 32

_ENTRY = re.compile(r"([\-+]?)(\w+)")


def parse_sorting(
    text: str | None,
    *,
    is_known_field: Callable[[str], bool],
    modified_field: str = "last_modified",
) -> list[Sort]:
    """Read ``_sort``; the newest first is the last criterion, if not the only one.

    Entries that are not names are skipped. Of a field named twice, the first counts:
    the second could not change the order.

    Raises:
        InvalidParameter: for an unknown field, or more fields than anyone needs.
    """
    directions: dict[str, int] = {}
    for entry in (text or "").split(","):
        matched = _ENTRY.fullmatch(entry.strip())
        if matched is None:
            continue
        sign, field = matched.groups()
        if not is_known_field(field):
            raise InvalidParameter("querystring", None, f"Unknown sort field '{field}'")
        directions.setdefault(field, -1 if sign == "-" else 1)
    if len(directions) > MAX_SORT_FIELDS:
        raise InvalidParameter("querystring", None, "Too many sort fields")
    directions.setdefault(modified_field, -1)
    return [Sort(field, direction) for field, direction in directions.items()]
