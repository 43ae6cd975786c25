"""How are deletions of long ago forgotten? (``cliquet purge``)

A client that did not synchronise for that long keeps what was deleted: purge only what
is older than any client's absence. Live records are never touched.
"""

import sys
from typing import Any

from cliquet.scripts.progress import Progress
from cliquet.timestamps import msec_time

_DAY_MS = 24 * 60 * 60 * 1000


def run(
    registry: Any,
    *,
    older_than_days: float | None,
    keep: int | None,
    batch: int,
    dry_run: bool,
) -> int:
    """Purge tombstones of all collections; how many.

    Args:
        registry: Of the application.
        older_than_days: Only those older than that.
        keep: Only those beyond the newest ones of their collection.
        batch: Most of them in one transaction.
        dry_run: Count them only.
    """
    if older_than_days is None and keep is None:
        sys.exit("Tell what to purge: --older-than DAYS, --keep COUNT, or both.")
    if batch < 1 or (keep is not None and keep < 0):
        sys.exit("--batch is at least 1, --keep at least 0.")
    before = None
    if older_than_days is not None:
        before = msec_time() - int(older_than_days * _DAY_MS)
    progress = Progress("would purge" if dry_run else "purged")
    total = 0
    for scope in registry.storage.scopes():
        total += _purge(registry.storage, scope, before, keep, batch, dry_run, progress)
    progress.end()
    return total


def _purge(
    storage: Any,
    scope: Any,
    before: int | None,
    keep: int | None,
    batch: int,
    dry_run: bool,
    progress: Progress,
) -> int:
    names = scope._asdict()
    bound = before
    if keep is not None:
        kept = storage.tombstone_timestamps(**names, limit=keep + 1, newest_first=True)
        if len(kept) <= keep:
            return 0
        # What is as old as the last one kept stays too.
        oldest_kept = kept[keep - 1] if keep else kept[0] + 1
        bound = oldest_kept if before is None else min(before, oldest_kept)
    total = 0
    skipped = 0
    while True:
        limit = skipped + batch
        times = storage.tombstone_timestamps(**names, limit=limit)[skipped:]
        old = [time for time in times if bound is None or time < bound]
        if not old:
            return total
        if dry_run:
            skipped += len(old)
            count = len(old)
        else:
            count = storage.purge_deleted(**names, before=old[-1] + 1)
        total += count
        progress.add(count)
