"""What a storage raises."""

from cliquet.engines.exceptions import BackendError
from cliquet.types import Record

__all__ = [
    "BackendError",
    "ClaimedError",
    "IntegrityError",
    "ModifiedMeanwhileError",
    "RecordNotFoundError",
    "UnicityError",
]


class ClaimedError(Exception):
    """Another transaction has claimed this key, and has not ended."""


class RecordNotFoundError(Exception):
    """There is no live record with this id for this parent."""


class IntegrityError(Exception):
    """The write would break a rule of the collection."""


class UnicityError(IntegrityError):
    """Another record of the collection has this value in a unique field.

    Attributes:
        field: The field in conflict.
        record: The whole record that has the value.
    """

    def __init__(self, field: str, record: Record, *args: object) -> None:
        self.field = field
        self.record = record
        self.msg = f"{field} is not unique: {record}"
        super().__init__(*args)


class ModifiedMeanwhileError(Exception):
    """The condition of a write no longer held: nothing was written."""
