"""Generators of ids for new records, and what ids must look like."""

import re
from typing import Any
from uuid import uuid4

from cliquet.types import reify


class Generator:
    """Base of id generators: a pattern, and a call that returns a new id.

    Raises:
        AssertionError: At construction, if a generated id does not match.
    """

    regexp = r"^[a-zA-Z0-9][a-zA-Z0-9_-]*$"
    """What ids must look like; also checked on the ids that clients choose."""

    def __init__(self, config: Any = None) -> None:
        self.config = config
        if not self.match(self()):
            raise AssertionError(f"{type(self).__name__} makes ids that it refuses")

    @reify
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.regexp)

    def match(self, record_id: str) -> bool:
        """Return whether a whole id fits the pattern.

        A final newline is refused, although `$` would let it pass.
        """
        return bool(self._pattern.match(record_id)) and not record_id.endswith("\n")

    def __call__(self) -> str:
        raise NotImplementedError


class UUID4(Generator):
    """Random UUIDs, in lower case."""

    regexp = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

    def __call__(self) -> str:
        return str(uuid4())
