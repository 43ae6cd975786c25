"""Record ids described by a permission, instead of listed one by one.

"What Bob may read below /notes/" may stand for ten thousand ids. A storage that keeps
its records in the database of the permissions joins both there, and nobody reads the
ids.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, overload

from cliquet.types import reify


class Description(NamedTuple):
    """Records on which any of some principals has any of some permissions.

    Attributes:
        prefix: The object id of a record is this text, which ends with a slash, and its
            id, quoted: a segment (`cliquet.object_ids`).
        permissions: Names.
        principals: Any of them suffices.
    """

    prefix: str

    permissions: tuple[str, ...]
    principals: tuple[str, ...]


class Probe(NamedTuple):
    """What a cheap look at shared ids found.

    Attributes:
        is_any: Whether there are any.
        few: All of them, where they are few enough to be looked up one by one.
        are_plain: Whether the segment of each is its id, as it is.
    """

    is_any: bool
    few: Collection[str] | None = None
    are_plain: bool = False


class SharedIds(Sequence[str]):
    """Record ids that are read only if somebody looks at them one by one.

    Args:
        described: Which ones they are.
        database: That of the permissions, see `StorageBase.database`.
        probe: Looks whether there are any.
        read: Reads them all.
        lookup: Where a storage in memory finds them.
    """

    def __init__(
        self,
        described: Description,
        database: Any,
        probe: Callable[[Description], Probe],
        read: Callable[[], Iterable[str]],
        lookup: Any = None,
    ) -> None:
        self.described = described
        self.database = database
        self.lookup = lookup
        self._probe = probe
        self._read = read

    def for_storage(self, storage: Any) -> Sequence[str]:
        """Return them as a storage takes them: read, if it is in another database."""
        where = getattr(storage, "database", None)
        return self if where is not None and where == self.database else list(self)

    @reify
    def _probed(self) -> Probe:
        return self._probe(self.described)

    @reify
    def _ids(self) -> list[str]:
        return list(self._read())

    def few(self) -> list[str] | None:
        """Return the ids if they are few, else None: join the permissions instead."""
        found = self._probed.few
        return None if found is None else list(found)

    def are_plain(self) -> bool:
        """Return True if it is known that no id is quoted in its object id."""
        return self._probed.are_plain

    def __bool__(self) -> bool:
        return self._probed.is_any

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: Any) -> Any:
        return self._ids[index]
