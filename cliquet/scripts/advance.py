"""The command ``cliquet advance-timestamps``: after an older backup was restored.

What clients have may be newer than what is here. Each collection gets a timestamp above
all that was given out, and that is its horizon: clients that ask for changes since
before are told to read everything again (docs: specification-horizon).
"""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import transaction

from cliquet.scripts.progress import Progress
from cliquet.storage.query import EVERY_COLLECTION
from cliquet.timestamps import msec_time
from cliquet.types import Registry, Timestamp

_AT_ONCE = 500


def add_options(add: Callable[..., ArgumentParser], dry_run: dict[str, Any]) -> None:
    """Add the command to those of `cliquet`."""
    command = add(
        "advance-timestamps",
        help="have clients read everything again: an older backup was restored",
    )
    command.add_argument(
        "--above",
        metavar="TIMESTAMP",
        type=int,
        default=0,
        help="the highest ETag that a client has, if it is ahead of the clock",
    )
    command.add_argument("--dry-run", **dry_run)


def run(registry: Registry, *, above: Timestamp, dry_run: bool) -> int:
    """Advance the timestamps of all collections.

    Args:
        registry: That of the application.
        above: The highest one that a client may have, if it is ahead of the clock.
        dry_run: Count the collections only.

    Returns:
        How many they are.
    """
    storage, now = registry.storage, msec_time()
    progress = Progress("Would advance" if dry_run else "Advanced")
    if not dry_run:
        # Of those too that the backup does not know: they come later than that.
        storage.raise_horizon(*EVERY_COLLECTION, horizon=now)
    for number, scope in enumerate(storage.scopes(), start=1):
        if not dry_run:
            known = storage.collection_timestamp(*scope, initialize=False)
            wanted = max(now, known + 1, above + 1)
            # In this order, nobody gets the new timestamp who is not told.
            storage.raise_horizon(*scope, horizon=wanted)
            storage.raise_timestamp(*scope, timestamp=wanted)
            if number % _AT_ONCE == 0:
                transaction.commit()
        progress.add()
    transaction.commit()
    progress.end()
    return progress.done
