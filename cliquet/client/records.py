"""Records and tombstones as the server has them."""

from collections.abc import Mapping
from typing import Any


class Record(dict[str, Any]):
    """A record: a mapping of its fields, with what the server tells about it.

    Attributes:
        permissions: Principals by permission; None where the server tells none.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        permissions: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(data)
        self.permissions = None if permissions is None else dict(permissions)

    @property
    def timestamp(self) -> int:
        """Time of the last change, in milliseconds: the field `last_modified`.

        Raises:
            KeyError: the record has none, since only other fields were asked for.
        """
        value: int = self["last_modified"]
        return value

    @property
    def etag(self) -> str:
        """The entity tag that conditions are made of, quotes included."""
        return f'"{self.timestamp}"'

    @property
    def deleted(self) -> bool:
        """Whether it is a tombstone."""
        return self.get("deleted") is True


def entity_tag(version: Record | int | str) -> str:
    """Return an entity tag.

    Args:
        version: A record, its timestamp, or a tag; `*` is any.
    """
    if isinstance(version, Record):
        return version.etag
    return version if isinstance(version, str) else f'"{version}"'
