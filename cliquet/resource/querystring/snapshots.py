"""The query string of a snapshot: one spelling for each answer, as caches keep each."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring.filters import check_text, parse_timestamp
from cliquet.types import Timestamp

SINCE = "_since"
EXPECTED = "_expected"
_NAMES = (SINCE, EXPECTED)


class Wanted(NamedTuple):
    """What a request for a snapshot asks for.

    Attributes:
        since: Only what was changed after it, tombstones included; None for all.
        expected: A timestamp that the answer must have reached; None for any.
    """

    since: Timestamp | None = None
    expected: Timestamp | None = None

    @property
    def query_string(self) -> str:
        """The spelling that is answered; others are redirected to it."""
        values = zip(_NAMES, self, strict=True)
        return "&".join(
            f"{name}={value}" for name, value in values if value is not None
        )

    @property
    def is_bounded(self) -> bool:
        """Whether what is asked for is one interval, which is answered once for all."""
        return self.since is not None and self.expected is not None

    def is_reached(self, timestamp: Timestamp) -> bool:
        """Return whether a collection that is so far can answer.

        One that is behind the beginning of an interval has not reached its end either.
        """
        if self.expected is None:
            return True
        return timestamp >= max(self.expected, self.since or 0)


def parse_snapshot(parameters: Iterable[tuple[str, Any]]) -> Wanted:
    """Read a query string.

    Args:
        parameters: Pairs of name and value.

    Raises:
        InvalidParameter: It has another parameter, one twice, or no timestamp.
    """
    found: dict[str, Timestamp] = {}
    for name, text in parameters:
        check_text(name, name)
        if name not in _NAMES:
            description = f"Unknown parameter '{name}'"
            raise InvalidParameter("querystring", name, description)
        if name in found:
            raise InvalidParameter("querystring", name, f"{name} is there twice")
        check_text(name, text)
        found[name] = parse_timestamp(name, text)
    return Wanted(found.get(SINCE), found.get(EXPECTED))
