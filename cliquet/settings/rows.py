"""What is said of each setting?"""

from dataclasses import dataclass
from typing import Any

from cliquet.settings.kinds import Kind


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: its default, its kind, what it does and which module reads it.

    `is_default` tells whether it is a key of ``DEFAULT_SETTINGS``, which holds
    exactly those of 3.1.5 (python-api §5.1).
    """

    theme: str
    name: str
    default: Any
    kind: Kind
    description: str
    read_in: str
    is_default: bool = True


def rows(theme: str, *rows: tuple[Any, ...]) -> tuple[Setting, ...]:
    """Answer the settings of a theme."""
    return tuple(Setting(theme, *row) for row in rows)
