"""Lists, as applications ask a storage for them."""

from collections.abc import Sequence

from cliquet.storage.cascade import Cascades
from cliquet.storage.query import FieldNames, Filter, Query, Scope, Sort
from cliquet.storage.rules import in_json
from cliquet.types import Record, Timestamp


class Listings(Cascades):
    """Reads lists of records and tombstones."""

    def get_all(
        self,
        collection_id: str,
        parent_id: str,
        filters: Sequence[Filter] | None = None,
        sorting: Sequence[Sort] | None = None,
        pagination_rules: Sequence[Sequence[Filter]] | None = None,
        limit: int | None = None,
        include_deleted: bool = False,
        id_field: str = "id",
        modified_field: str = "last_modified",
        deleted_field: str = "deleted",
        auth: str | None = None,
        with_total: bool = True,
        horizons: list[Timestamp] | None = None,
    ) -> tuple[list[Record], int]:
        """Return records of a collection, and how many live ones match the filters.

        Args:
            filters: Predicates, all of which must hold.
            sorting: Sort keys, the first one first; ties are broken by timestamp,
                newest first, then by id, so that the order is total.
            pagination_rules: Positions in that order, of which all of one rule must
                hold (`docs: rules-order`).
            limit: The maximum number of records; all if it is `None` or 0.
            include_deleted: List tombstones too.
            with_total: Count those that match; otherwise the number is 0.
            horizons: A list, to which the horizon of the collection is added: of what
                was deleted before, not all is listed (docs: rules-horizons).
        """
        names = FieldNames(id_field, modified_field, deleted_field)
        scope = Scope(collection_id, parent_id)
        asked = (in_json(filters), total_order(sorting or (), names))
        told = (include_deleted, with_total, horizons is not None)
        query = Query(scope, names, *asked, pagination_rules or (), limit, *told)
        found, total, *rest = self._list(query)
        if horizons is not None:
            # Engines of third parties may keep none.
            horizons.append(rest[0] if rest else 0)
        return found, total if with_total else 0


def total_order(sorting: Sequence[Sort], names: FieldNames) -> list[Sort]:
    """Return sort keys with which no two records tie: newest first, then by id."""
    fields = {key.field for key in sorting}
    order = list(sorting)
    if names.id in fields:
        return order
    if names.modified not in fields:
        order.append(Sort(names.modified, -1))
    order.append(Sort(names.id, 1))
    return order
