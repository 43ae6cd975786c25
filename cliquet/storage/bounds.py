"""Between which timestamps is what a list asks for? For engines that index them."""

from collections.abc import Iterable, Sequence

from cliquet.storage.query import COMPARISON, Filter
from cliquet.types import Timestamp


def bounds(
    filters: Iterable[Filter], modified: str
) -> tuple[Timestamp | None, Timestamp | None]:
    """Tell the lowest and highest timestamp that can match all the filters."""
    low: Timestamp | None = None
    high: Timestamp | None = None
    for item in filters:
        if item.field != modified or type(item.value) is not int:
            continue
        value, operator = item.value, item.operator
        if operator in (COMPARISON.GT, COMPARISON.MIN, COMPARISON.EQ):
            bound = value + 1 if operator is COMPARISON.GT else value
            low = bound if low is None else max(low, bound)
        if operator in (COMPARISON.LT, COMPARISON.MAX, COMPARISON.EQ):
            bound = value - 1 if operator is COMPARISON.LT else value
            high = bound if high is None else min(high, bound)
    return low, high


def page_bounds(
    rules: Sequence[Sequence[Filter]], modified: str
) -> tuple[Timestamp | None, Timestamp | None]:
    """Tell the timestamps between which any of the rules can match."""
    found = [bounds(rule, modified) for rule in rules]
    lows = [low for low, _ in found if low is not None]
    highs = [high for _, high in found if high is not None]
    return (
        min(lows) if found and len(lows) == len(found) else None,
        max(highs) if found and len(highs) == len(found) else None,
    )


def is_bound(item: Filter, modified: str) -> bool:
    """Tell whether `bounds` says all that a filter says."""
    return (
        item.field == modified
        and type(item.value) is int
        and item.operator not in (COMPARISON.NOT, COMPARISON.IN, COMPARISON.EXCLUDE)
    )
