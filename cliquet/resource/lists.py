"""Pages of lists: the records that are on one, and whether there is another."""

from collections.abc import Sequence
from typing import NamedTuple

from cliquet.resource.model import Model
from cliquet.resource.querystring import Listing
from cliquet.resource.querystring.pagination import are_tied, build_rules
from cliquet.storage.query import COMPARISON, Filter, Sort
from cliquet.types import Record, Timestamp


class Page(NamedTuple):
    """Records of a list.

    Attributes:
        records: Those of the page.
        total: How many there are on all pages; None if nobody wants to know.
        next_sorting: What the next page goes on from in the last record; None if this
            is the last page.
        offset: How many records there are up to here.
        horizon: Up to when not all deletions are listed, if who asks was away for so
            long; else 0.
    """

    records: list[Record]
    total: int | None
    next_sorting: list[Sort] | None = None
    offset: int = 0
    horizon: Timestamp = 0


def fetch_page(
    model: Model, listing: Listing, max_size: int | None, *, with_total: bool = True
) -> Page:
    """Return the page that is asked for.

    There is a next page if and only if records remain: one more than wanted is read.

    Args:
        model: Where the records are.
        listing: What is asked for.
        max_size: How many records the storage returns at once; none or 0 for all.
        with_total: They are counted, unless the page before tells how many there are.
    """
    size = listing.limit
    if max_size:
        size = max_size if size is None else min(size, max_size)
    rules = _find_rules(model, listing)
    known = listing.position.total if listing.position else None
    since = _polled_since(listing.filters, model.modified_field)
    horizons: list[Timestamp] = []
    if known is not None or not with_total:
        model.list_options["with_total"] = False
    if since:
        model.list_options["horizons"] = horizons
    counted: int
    found, counted = model.get_records(
        filters=listing.filters,
        sorting=listing.sorting,
        limit=None if size is None else size + 1,
        pagination_rules=rules,
        include_deleted=listing.include_deleted,
    )
    total = (counted if known is None else known) if with_total else None
    horizon = max((each for each in horizons if each > since), default=0)
    if size is None or len(found) <= size:
        return Page(found, total, horizon=horizon)
    records, following = found[:size], found[size]
    sorting = listing.sorting
    if are_tied(sorting, records[-1], following):
        sorting = [*sorting, Sort(model.id_field, 1)]
    offset = listing.position.offset if listing.position else 0
    return Page(records, total, sorting, offset + size, horizon)


def _polled_since(filters: Sequence[Filter], modified_field: str) -> Timestamp:
    """Return since when changes are asked for; 0 if it is from the beginning."""
    bounds = [
        item.value - (item.operator is COMPARISON.MIN)
        for item in filters
        if item.field == modified_field
        and item.operator in (COMPARISON.GT, COMPARISON.MIN)
        and isinstance(item.value, int)
    ]
    return max([0, *bounds])


def _find_rules(model: Model, listing: Listing) -> list[list[Filter]] | None:
    """Return what the storage needs to continue after the page before."""
    position, id_field = listing.position, model.id_field
    if position is None:
        return None
    record = None
    if not position.is_complete:
        # With the filters: a token reveals nothing of what is not in the list.
        same_id = Filter(id_field, position.values[id_field], COMPARISON.EQ)
        model.list_options["with_total"] = False
        found, _ = model.get_records(filters=[*listing.filters, same_id], limit=1)
        record = found[0] if found else None
    values = position.complete(record, listing.sorting, model.modified_field)
    return build_rules(listing.sorting, values, id_field)
