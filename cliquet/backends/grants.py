"""How may a storage know which ids it is asked for, without being told each?"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, overload


class Grants(NamedTuple):
    """Records on which somebody has a permission, as rows of another table.

    Of `access_control_entries` (backends §18): the object id of a record is `prefix`
    and its id.
    """

    client: Any
    """The database: only a storage that has the same one can use this."""

    prefix: str
    permissions: tuple[str, ...]
    principals: tuple[str, ...]


class GrantedIds(Sequence[str]):
    """Ids that are read when somebody looks at them, as a value of a filter.

    Args:
        grants: What stands for them in a statement.
        sample: Reads some of them, and tells whether these are all.
        read: Reads them.
    """

    def __init__(
        self,
        grants: Grants,
        sample: Callable[[], tuple[Collection[str], bool]],
        read: Callable[[], Iterable[str]],
    ) -> None:
        self.grants = grants
        self._sample = sample
        self._read = read

    @cached_property
    def _sampled(self) -> tuple[Collection[str], bool]:
        return self._sample()

    @cached_property
    def _ids(self) -> list[str]:
        return list(self._read())

    def few(self) -> list[str] | None:
        """Answer them if they are few, and None if it is better to look for them."""
        found, are_all = self._sampled
        return list(found) if are_all else None

    def __bool__(self) -> bool:
        return bool(self._sampled[0])

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: Any) -> Any:
        return self._ids[place]
