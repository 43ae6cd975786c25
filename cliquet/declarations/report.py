"""How a mistake is told: once, in the log, and to ``cliquet check``."""

from typing import Any

from cliquet.logs import logger
from cliquet.types import Registry


def warn(registry: Registry, sentence: str) -> None:
    """Log a sentence, unless this application was told before."""
    told = warnings_of(registry)
    if sentence not in told:
        told.append(sentence)
        logger.warning(sentence)


def warnings_of(registry: Registry) -> list[str]:
    """Return what this application was warned of."""
    # A subscript would make it a utility: registries of Pyramid are dictionaries too.
    told: Any = vars(registry).setdefault("declaration_warnings", [])
    found: list[str] = told
    return found


def describe(declared: Any) -> str:
    """Return the full name of a class or function; a text of anything else."""
    name = getattr(declared, "__qualname__", None)
    if not isinstance(name, str):
        return repr(declared)
    return f"{declared.__module__}.{name}"
