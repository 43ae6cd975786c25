"""How does a backend say that it failed?"""

from abc import ABC


class Outage(ABC):  # noqa: B024 -- a name for exceptions that share no base
    """What is answered 503: ours, and those that drivers raise beyond our reach."""


class BackendError(Exception):
    """The backend could not do its work: the request is answered 503.

    Attributes:
        original: The exception of the driver.
    """

    def __init__(
        self,
        original: BaseException | None = None,
        message: str | None = None,
        *args: object,
        **kwargs: object,
    ) -> None:
        self.original = original
        if message is None:
            message = f"{type(original).__name__}: {original}"
        super().__init__(message, *args)


#: SQLSTATE of prepared statements that are gone, or there already: somebody resets
#: sessions, or shares them; or whose columns have other types now. The same statement
#: is sent as it is from then on.
UNPREPARED_STATES = ("26000", "42P05", "0A000")

#: SQLSTATE of serialization failures and deadlocks, besides.
_TRANSIENT_STATES = ("40001", "40P01", *UNPREPARED_STATES)


def is_transient(error: object) -> bool:
    """Tell whether a transaction was undone for a reason that will not come again."""
    if isinstance(error, TransientError):
        return True
    driver_error = getattr(error, "orig", None)
    state = getattr(driver_error, "pgcode", None)
    return (state or getattr(driver_error, "sqlstate", None)) in _TRANSIENT_STATES


class TransientError(BackendError):
    """The same request may well succeed when it is run again.

    Two transactions waited for one another, or the connection broke before anything
    was kept.
    """


Outage.register(BackendError)
