"""What a transaction did to records, in order, and what one event tells of.

Pure: what is stacked, who is notified and when is decided by :mod:`cliquet.events`.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from cliquet.types import Request, Timestamp


class Change(NamedTuple):
    """What a request did to records, or several requests that one event tells of.

    Attributes:
        key: Resource, parent, parameters of the URL, action and user.
        place: Where the ids of records are unique; None of what changes none.
        id_field: Their name.
        impacted: What is told of each record.
    """

    key: tuple[Any, ...]
    place: tuple[Any, ...] | None
    id_field: str
    action: Any
    timestamp: Timestamp
    impacted: list[dict[str, Any]]
    request: Request

    def records(self) -> list[tuple[Any, ...]]:
        """Return what makes out each changed record among all."""
        if self.place is None:
            return []
        found = (each["new" if "new" in each else "old"] for each in self.impacted)
        return [(*self.place, record.get(self.id_field)) for record in found]


def merge(changes: Iterable[Change]) -> list[Change]:
    """Merge changes with the first one that has their key.

    A record that was told of under another key since begins anew: whoever repeats
    event after event what they tell has each record as it is in the end.
    """
    merged: list[Change] = []
    numbers: dict[tuple[Any, ...], int] = {}
    latest: dict[tuple[Any, ...], int] = {}
    for change in changes:
        records = change.records()
        number = numbers.get(change.key)
        if number is None or any(latest.get(each, -1) > number for each in records):
            number = numbers[change.key] = len(merged)
            merged.append(change._replace(impacted=[]))
        merged[number].impacted.extend(change.impacted)
        latest.update(dict.fromkeys(records, number))
    return merged
