"""Warnings for those who still use an old name."""

import warnings
from typing import Any

#: The notice that 3.1 gave on import. Kept for those who import it; never emitted:
#: Cliquet is maintained again.
DEPRECATION_MESSAGE = (
    "Cliquet 3.1 was deprecated in favour of kinto.core "
    "(see https://github.com/mozilla-services/cliquet/issues/687)."
)


class DeprecatedMeta(type):
    """Metaclass of deprecated classes, that warns when they are subclassed.

    Classes have a ``__deprecation_warning__``. Neither their own definition nor
    their instances warn.
    """

    def __new__(
        mcs, name: str, bases: tuple[type, ...], members: dict[str, Any], **kw: Any
    ) -> "DeprecatedMeta":
        """Create a class, and warn once for each deprecated direct base."""
        for base in bases:
            if isinstance(base, DeprecatedMeta):
                message = base.__deprecation_warning__  # type: ignore[attr-defined]
                warnings.warn(message, DeprecationWarning, stacklevel=2)
        return super().__new__(mcs, name, bases, members, **kw)
