"""How long backends are waited for, as settings say."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from cliquet.settings import SETTINGS

#: Settings of each kind of backend, after its prefix: ours, no options of a library.
NAMES = (
    "pool_timeout",
    "connect_timeout",
    "lock_timeout",
    "statement_timeout",
    "answer_timeout",
)


class Waits(NamedTuple):
    """Bounds, in seconds; None where there is none.

    Attributes:
        pool: For a connection of the pool.
        connect: For a connection to be opened.
        lock: For what another transaction has locked.
        statement: For a statement to end.
        answer: For an answer, seen from here.
    """

    pool: float
    connect: float | None
    lock: float | None
    statement: float | None
    answer: float | None


def read_waits(settings: Mapping[str, Any], prefix: str) -> Waits:
    """Return what the settings of a backend say.

    Args:
        settings: Those of the application.
        prefix: That of the settings of one kind of backend; applications may have kinds
            of their own.
    """
    pool, *others = (_read(settings, prefix, name) for name in NAMES)
    return Waits(pool or 0, *others)


def _read(settings: Mapping[str, Any], prefix: str, name: str) -> float | None:
    default = SETTINGS[f"storage_{name}"].default
    value = settings.get(f"{prefix}{name}", default)
    return None if value in (None, "", False) else float(value)
