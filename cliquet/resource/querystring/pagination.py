"""Which page is wanted; where does the next one begin? (protocol §13.5).

A page ends at its last record: the next one holds the records that come after it in
the order asked for, whatever was written meanwhile (rulings §2.22). That place is
what :mod:`cliquet.resource.querystring.token` carries.
"""

from collections.abc import Sequence
from typing import Any

from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring.values import is_bounded_integer, parse_value
from cliquet.storage.query import COMPARISON, Filter, Rank, Sort, order_key


def parse_limit(text: Any, paginate_by: int | None) -> int | None:
    """Read ``_limit``: how many records a page holds, None for no limit.

    Absent, empty and ``0`` mean that of the server, which always caps (rulings §5).

    Raises:
        InvalidParameter: when it is no natural number of 64 bits.
    """
    server_limit = paginate_by or None
    if text in (None, ""):
        return server_limit
    limit = _parse_natural(text)
    if server_limit is None:
        return limit or None
    return min(limit or server_limit, server_limit)


def _parse_natural(text: Any) -> int:
    failure = InvalidParameter("querystring", None, "_limit should be an integer")
    try:
        limit: int = parse_value("_limit", text)
    except InvalidParameter as error:
        raise failure from error
    if not is_bounded_integer(limit) or limit < 0:
        raise failure
    return limit


def build_rules(
    sorting: Sequence[Sort], values: dict[str, Any], id_field: str = "id"
) -> list[list[Filter]]:
    """Say which records come after a place, as alternatives of the storage.

    With keys *k1 … kn*: equal on all but the last and beyond on that one; equal on
    all but the last two and beyond on the one before; and so on.

    Args:
        sorting: the keys and their directions.
        values: the value of every key in the last record of the page before; and its
            id, when what comes next has the same values.
        id_field: the storage breaks ties by it, ascending.
    """
    keys = list(sorting)
    if id_field in values and all(key.field != id_field for key in keys):
        keys.append(Sort(id_field, 1))
    rules = []
    for length in range(len(keys), 0, -1):
        *equal, beyond = keys[:length]
        rule = [Filter(key.field, values[key.field], COMPARISON.EQ) for key in equal]
        operator = COMPARISON.LT if beyond.direction < 0 else COMPARISON.GT
        rule.append(Filter(beyond.field, values[beyond.field], operator))
        rules.append(rule)
    return rules


def value_of(record: dict[str, Any], field: str) -> Any:
    """Answer what a record is sorted by: a missing field is not a null one."""
    return record.get(field, Rank.MISSING)


def are_tied(
    sorting: Sequence[Sort], one: dict[str, Any], other: dict[str, Any]
) -> bool:
    """Tell whether two records are at the same place, but for their ids."""
    return all(
        order_key(value_of(one, key.field)) == order_key(value_of(other, key.field))
        for key in sorting
    )
