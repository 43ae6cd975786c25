"""How may a storage know which ids it is asked for, without being told each?"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, overload


class Grants(NamedTuple):
    """Records on which somebody has a permission, where permissions are kept.

    In SQL, rows of `access_control_entries` (backends §18). The object id of a record
    is `prefix` and its id.
    """

    client: Any
    """The database: only a storage that has the same one can use this."""

    prefix: str
    permissions: tuple[str, ...]
    principals: tuple[str, ...]


def database_of(backend: Any) -> Any:
    """Tell where a backend keeps its data; equal for two that share it.

    None if nothing tells: then nothing is shared.
    """
    found = getattr(backend, "database", None)
    return getattr(backend, "client", None) if found is None else found


class Sample(NamedTuple):
    """What a glance at granted ids told."""

    is_any: bool
    few: Collection[str] | None = None
    """All of them, if they are few."""


class GrantedIds(Sequence[str]):
    """Ids that are read when somebody looks at them, as a value of a filter.

    Args:
        grants: What stands for them in a statement.
        sample: Tells whether there are any, in a way that costs less.
        read: Reads them.
    """

    def __init__(
        self,
        grants: Grants,
        sample: Callable[[], Sample],
        read: Callable[[], Iterable[str]],
    ) -> None:
        self.grants = grants
        self._sample = sample
        self._read = read

    @cached_property
    def _sampled(self) -> Sample:
        return self._sample()

    @cached_property
    def _ids(self) -> list[str]:
        return list(self._read())

    def few(self) -> list[str] | None:
        """Answer them if they are few, and None if it is better to look for them."""
        found = self._sampled.few
        return None if found is None else list(found)

    def __bool__(self) -> bool:
        return self._sampled.is_any

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
