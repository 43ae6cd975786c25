"""Who writes wakes those who wait, once what was written can be read."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

import transaction

from cliquet.live.hub import Hub, place_of

WRITES = ("create", "update", "delete", "delete_all", "delete_of_parents")
"""Methods of storages that change something."""


def waking(
    hub: Hub, storage: Any, name: str, method: Callable[..., Any]
) -> Callable[..., Any] | None:
    """Return a method of a storage that wakes those who wait; None if it reads.

    Nothing is sent to the database: what a transaction changed is noted in the process,
    and told when it has been committed.
    """
    if name not in WRITES:
        return None
    joins = bool(getattr(storage, "joins_transaction", False))

    @functools.wraps(method)
    def write(*args: Any, **options: Any) -> Any:
        result = method(*args, **options)
        found = dict(zip(("collection_id", "parent_id"), args, strict=False))
        place = {**options, **found}
        if name == "delete_of_parents":
            parents = [each.scope.parent_id for each in result]
        else:
            parents = [place["parent_id"]]
        places = {place_of(place["collection_id"], parent) for parent in parents}
        if joins:
            _after_commit(hub, places)
        else:
            hub.changed(places)
        return result

    return write


def _after_commit(hub: Hub, places: Iterable[str]) -> None:
    """Wake once the transaction of the thread has been committed."""
    current = transaction.get()
    try:
        waiting: set[str] = current.data(hub)
    except KeyError:
        waiting = set()
        current.set_data(hub, waiting)
        current.addAfterCommitHook(_tell, args=(hub, waiting))
    waiting.update(places)


def _tell(is_committed: bool, hub: Hub, places: Iterable[str]) -> None:
    if is_committed:
        hub.changed(places)
