"""What a synchronisation did, and how conflicts are decided."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cliquet.client.errors import ProtocolError
from cliquet.client.records import Record

Data = Mapping[str, Any]
Merge = Callable[["Found"], Data | None]
Strategy = Literal["server", "client"] | Merge
"""Who wins: the server, the client, or what a function returns, None for deleted."""


@dataclass(frozen=True)
class Found:
    """A record that was changed here and on the server.

    Attributes:
        local: What it is here, None if it was deleted here.
        remote: What it is on the server: a record, a tombstone, None if it cannot be
            read.
        base: What it was when both were the same, None if it was made here.
    """

    id: str
    local: Data | None
    remote: Record | None
    base: Data | None


@dataclass(frozen=True)
class Refused:
    """A local change that the server refuses; it is kept here, and tried again."""

    id: str
    error: ProtocolError


@dataclass
class Result:
    """What a synchronisation did.

    Attributes:
        pushed: Number of local changes that the server has now.
        pulled: Number of records that others changed or deleted.
        conflicts: What was changed on both sides, and the strategy decided; those too
            that were found by one that was interrupted.
        refused: What the server does not take.
    """

    pushed: int = 0
    pulled: int = 0
    conflicts: list[Found] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def decide(strategy: Merge | str, found: Found) -> Data | None:
    """Return what a record shall be after a conflict, None for deleted.

    Raises:
        ValueError: there is no such strategy.
    """
    if callable(strategy):
        return strategy(found)
    if strategy == "client":
        return found.local
    if strategy == "server":
        return None if is_gone(found.remote) else found.remote
    message = f"Strategies are 'server', 'client' and functions, not {strategy!r}"
    raise ValueError(message)


def is_gone(record: Record | None) -> bool:
    """Return whether there is no record: none that can be seen, or a tombstone."""
    return record is None or record.deleted
