"""How do rows look to applications written for earlier versions? (backends §21)"""

from collections.abc import Iterator, Sequence
from typing import Any, Self


class LegacyRow(tuple[Any, ...]):  # noqa: SLOT001 -- it has the names besides
    """A row whose columns are found by position and by name, as in SQLAlchemy 1."""

    _fields: Sequence[str]

    def __new__(cls, row: Any) -> Self:
        """Copy a row."""
        made = super().__new__(cls, row)
        made._fields = row._fields
        return made

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            try:
                return super().__getitem__(self._fields.index(key))
            except ValueError:
                raise KeyError(key) from None
        return super().__getitem__(key)

    def keys(self) -> list[str]:
        """Name the columns."""
        return list(self._fields)


class Result:
    """What `Connection.execute` answers."""

    def __init__(self, result: Any) -> None:
        self._result = result

    def __iter__(self) -> Iterator[LegacyRow]:
        return map(LegacyRow, self._result)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._result, name)

    def fetchone(self) -> LegacyRow | None:
        """Give the next row, if there is one."""
        row = self._result.fetchone()
        return None if row is None else LegacyRow(row)

    def first(self) -> LegacyRow | None:
        """Give the first row, if there is one."""
        row = self._result.first()
        return None if row is None else LegacyRow(row)

    def fetchmany(self, size: int | None = None) -> list[LegacyRow]:
        """Give the next rows."""
        return [LegacyRow(row) for row in self._result.fetchmany(size)]

    def fetchall(self) -> list[LegacyRow]:
        """Give the rows that are left."""
        return list(self)
