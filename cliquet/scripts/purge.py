"""The command ``cliquet purge``: forget deletions of long ago.

A client that did not synchronise for that long is told to read everything again
(docs: specification-horizon). Live records are never touched.
"""

import sys
from collections.abc import Iterator

import transaction

from cliquet.scripts.progress import Progress
from cliquet.storage import StorageBase
from cliquet.storage.query import Scope
from cliquet.storage.statements import LARGEST
from cliquet.timestamps import msec_time
from cliquet.types import Registry, Timestamp

_DAY_MS = 24 * 60 * 60 * 1000


def run(
    registry: Registry,
    *,
    older_than_days: float | None,
    keep: int | None,
    batch: int,
    dry_run: bool,
) -> int:
    """Purge the tombstones of all collections, and answers that have expired.

    Args:
        registry: That of the application.
        older_than_days: Only those older than that.
        keep: Only those beyond the newest ones of their collection.
        batch: Most of them in one transaction.
        dry_run: Count them only.

    Returns:
        How many were purged, or would be.
    """
    before = _read_bound(older_than_days, keep, batch)
    progress = Progress("Would purge" if dry_run else "Purged")
    storage = registry.storage
    waiting = 0
    for scope, count in storage.buried(before):
        bound = before
        if keep is not None:
            bound = min(before, _oldest_kept(storage, scope, keep))
        if dry_run and bound == before:
            progress.add(count)
        elif dry_run:
            progress.add(storage.count_tombstones(*scope, before=bound))
        else:
            for purged in _purge(storage, scope, bound, batch, count):
                progress.add(purged)
                waiting += purged
                if waiting >= batch:
                    transaction.commit()
                    waiting = 0
    if not dry_run:
        _purge_answers(storage)
    progress.end()
    return progress.done


def _read_bound(
    older_than_days: float | None, keep: int | None, batch: int
) -> Timestamp:
    """Return before when tombstones are old, whatever is kept."""
    if older_than_days is None and keep is None:
        sys.exit("Say what to purge: --older-than DAYS, --keep COUNT, or both.")
    if batch < 1 or (keep is not None and keep < 0):
        sys.exit("--batch is at least 1, --keep at least 0.")
    if older_than_days is None:
        return LARGEST
    return msec_time() - int(older_than_days * _DAY_MS)


def _purge(
    storage: StorageBase, scope: Scope, bound: Timestamp, batch: int, count: int
) -> Iterator[int]:
    """Remove the tombstones of a collection up to a time; yield how many, each step.

    Args:
        storage: Of the collection.
        scope: The collection.
        bound: Before that, they are old.
        batch: Most of them in a step.
        count: How many there are, maybe not as old.
    """
    if count <= batch:
        yield storage.purge_deleted(*scope, before=bound)
        return
    while True:
        times = storage.tombstone_timestamps(*scope, limit=batch)
        old = [time for time in times if time < bound]
        if old:
            yield storage.purge_deleted(*scope, before=old[-1] + 1)
        if len(old) < batch:
            return


def _purge_answers(storage: StorageBase) -> None:
    """Remove those that expired: nobody is told them any more, whatever their age."""
    transaction.commit()
    while storage.purge_answers():
        transaction.commit()


def _oldest_kept(storage: StorageBase, scope: Scope, keep: int) -> Timestamp:
    """Return the timestamp from which tombstones of a collection are kept."""
    newest = storage.tombstone_timestamps(*scope, limit=keep + 1, newest_first=True)
    if len(newest) <= keep:
        return 0
    # What is as old as the last one kept stays too.
    return newest[keep - 1] if keep else newest[0] + 1
