"""Pages of lists: the records that are on one, and whether there is another."""

from typing import NamedTuple

from cliquet.resource.model import Model
from cliquet.resource.querystring import Listing
from cliquet.resource.querystring.pagination import are_tied, build_rules
from cliquet.storage.query import COMPARISON, Filter, Sort
from cliquet.types import Record


class Page(NamedTuple):
    """Records of a list.

    Attributes:
        records: Those of the page.
        total: How many there are on all pages.
        next_sorting: What the next page goes on from in the last record; None if this
            is the last page.
        offset: How many records there are up to here.
    """

    records: list[Record]
    total: int
    next_sorting: list[Sort] | None = None
    offset: int = 0


def fetch_page(model: Model, listing: Listing, max_size: int | None) -> Page:
    """Return the page that is asked for.

    There is a next page if and only if records remain: one more than wanted is read.

    Args:
        model: Where the records are.
        listing: What is asked for.
        max_size: How many records the storage returns at once; none or 0 for all.
    """
    size = listing.limit
    if max_size:
        size = max_size if size is None else min(size, max_size)
    found, total = model.get_records(
        filters=listing.filters,
        sorting=listing.sorting,
        limit=None if size is None else size + 1,
        pagination_rules=_find_rules(model, listing),
        include_deleted=listing.include_deleted,
    )
    if size is None or len(found) <= size:
        return Page(found, total)
    records, following = found[:size], found[size]
    sorting = listing.sorting
    if are_tied(sorting, records[-1], following):
        sorting = [*sorting, Sort(model.id_field, 1)]
    offset = listing.position.offset if listing.position else 0
    return Page(records, total, sorting, offset + size)


def _find_rules(model: Model, listing: Listing) -> list[list[Filter]] | None:
    """Return what the storage needs to continue after the page before."""
    position, id_field = listing.position, model.id_field
    if position is None:
        return None
    record = None
    if not position.is_complete:
        # With the filters: a token reveals nothing of what is not in the list.
        same_id = Filter(id_field, position.values[id_field], COMPARISON.EQ)
        found, _ = model.get_records(filters=[*listing.filters, same_id], limit=1)
        record = found[0] if found else None
    values = position.complete(record, listing.sorting, model.modified_field)
    return build_rules(listing.sorting, values, id_field)
