"""The command ``cliquet purge``: forget deletions of long ago.

A client that did not synchronise for that long keeps what was deleted: purge only what
is older than any client's absence. Live records are never touched.
"""

import math
import sys

from cliquet.scripts.progress import Progress
from cliquet.storage import StorageBase
from cliquet.storage.query import Scope
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
    """Purge the tombstones of all collections.

    Args:
        registry: That of the application.
        older_than_days: Only those older than that.
        keep: Only those beyond the newest ones of their collection.
        batch: Most of them in one transaction.
        dry_run: Count them only.

    Returns:
        How many were purged, or would be.
    """
    if older_than_days is None and keep is None:
        sys.exit("Say what to purge: --older-than DAYS, --keep COUNT, or both.")
    if batch < 1 or (keep is not None and keep < 0):
        sys.exit("--batch is at least 1, --keep at least 0.")
    before = math.inf
    if older_than_days is not None:
        before = msec_time() - int(older_than_days * _DAY_MS)
    progress = Progress("Would purge" if dry_run else "Purged")
    storage = registry.storage
    for scope in storage.scopes():
        bound = before
        if keep is not None:
            bound = min(before, _oldest_kept(storage, scope, keep))
        if dry_run:
            progress.add(len(_oldest(storage, scope, bound, sys.maxsize)))
            continue
        while old := _oldest(storage, scope, bound, batch):
            progress.add(storage.purge_deleted(*scope, before=old[-1] + 1))
    progress.end()
    return progress.done


def _oldest_kept(storage: StorageBase, scope: Scope, keep: int) -> Timestamp:
    """Return the timestamp from which tombstones of a collection are kept."""
    newest = storage.tombstone_timestamps(*scope, limit=keep + 1, newest_first=True)
    if len(newest) <= keep:
        return 0
    # What is as old as the last one kept stays too.
    return newest[keep - 1] if keep else newest[0] + 1


def _oldest(
    storage: StorageBase, scope: Scope, bound: float, limit: int
) -> list[Timestamp]:
    times = storage.tombstone_timestamps(*scope, limit=limit)
    return [time for time in times if time < bound]
