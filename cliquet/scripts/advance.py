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
from cliquet.storage import StorageBase
from cliquet.storage.query import EVERY_COLLECTION, Scope
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
            have_read_again(storage, scope, max(now, above + 1))
            if number % _AT_ONCE == 0:
                transaction.commit()
        progress.add()
    transaction.commit()
    progress.end()
    return progress.done


def have_read_again(
    storage: StorageBase, scope: Scope, at_least: Timestamp = 0
) -> None:
    """Have all read a collection anew who read it before.

    Args:
        storage: Of the collection.
        scope: The collection.
        at_least: The timestamp that it gets, unless it has one as high.
    """
    known = storage.collection_timestamp(*scope, initialize=False)
    wanted = max(known + 1, at_least)
    # In this order, nobody gets the new timestamp who is not told.
    storage.raise_horizon(*scope, horizon=wanted)
    storage.raise_timestamp(*scope, timestamp=wanted)
