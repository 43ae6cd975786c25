"""Ids of records."""

import secrets

from cliquet.storage.generators import Generator


class Readable(Generator):
    """Eight letters that nobody mistakes for one another."""

    regexp = r"^[a-z0-9][a-z0-9-]{2,63}$"

    def __call__(self) -> str:
        """Return a new id."""
        return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz") for _ in range(8))
