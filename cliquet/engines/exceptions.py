"""Errors of backends, and how an outage is logged: once, where it is noticed."""

import functools
from abc import ABC
from collections.abc import Callable
from typing import Any

from pyramid.request import Request

from cliquet.logs import logger

Check = Callable[[Any], bool]

#: SQLSTATE of prepared statements that are gone, or that exist already (somebody resets
#: sessions, or shares them), or whose columns have other types now. The same statement
#: is sent unprepared from then on.
UNPREPARED_STATES = ("26000", "42P05", "0A000")

#: SQLSTATE of a statement that waited for another transaction, and now sees too little
#: of it; not under READ COMMITTED.
SERIALIZATION_FAILURE = "40001"

#: SQLSTATE of a statement that waited too long for what another transaction locks.
LOCK_NOT_AVAILABLE = "55P03"

#: SQLSTATE of a statement that took too long.
QUERY_CANCELED = "57014"

#: Deadlocks, besides.
_TRANSIENT_STATES = (SERIALIZATION_FAILURE, "40P01", *UNPREPARED_STATES)


class Outage(ABC):  # noqa: B024 -- a name for exceptions that share no base
    """Exceptions answered 503: ours, and those that drivers raise beyond our reach."""


class BackendError(Exception):
    """The backend could not do its work: the request is answered 503.

    Args:
        original: The exception of the driver, kept as attribute.
        message: The text; by default the name and text of `original`.
        args: More arguments of the exception.
        kwargs: Accepted for applications written for 3.1, and ignored.

    Attributes:
        logged: Whether it is in the log: whoever handles it need not log it again.
    """

    logged = False

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


class TransientError(BackendError):
    """The same request may well succeed when it is run again.

    Two transactions waited for one another, or the connection broke before anything
    was committed.
    """


class BehindError(Exception):
    """What was to be read is behind what the client knows: 503, if nothing else is.

    Attributes:
        logged: It is no outage, and not worth a line.
    """

    logged = True


class BusyError(BackendError):
    """The backend is well, and others were in the way for too long.

    They held a lock, or all connections of the pool.
    """


Outage.register(BackendError)
Outage.register(BehindError)


def is_busy(error: object) -> bool:
    """Return True for outages that may be over in a moment: nothing is broken."""
    original = getattr(error, "original", error)
    states = (LOCK_NOT_AVAILABLE, *_TRANSIENT_STATES)
    return isinstance(error, BusyError | BehindError) or sqlstate(original) in states


def is_transient(error: object) -> bool:
    """Return True for serialization failures, deadlocks and lost connections.

    The request may be run again.
    """
    if isinstance(error, TransientError):
        return True
    return sqlstate(error) in _TRANSIENT_STATES


def sqlstate(error: object) -> str | None:
    """Return the SQLSTATE of an error of SQLAlchemy, if its driver tells one."""
    driver_error = getattr(error, "orig", None)
    state: str | None = getattr(driver_error, "pgcode", None)
    return state or getattr(driver_error, "sqlstate", None)


def in_batch(request: object) -> bool:
    """Return True for requests inside of another one, whose transaction is open.

    A check that writes would wait for it, or have the batch write what it did not ask
    for: it only reads.
    """
    return isinstance(getattr(request, "parent", None), Request)


def health_check(message: str) -> Callable[[Check], Check]:
    """Decorate a check of a backend: whatever it raises, the result is False.

    Exceptions are logged with the message, unless the engine has logged them.
    """

    def decorate(check: Check) -> Check:
        @functools.wraps(check)
        def checked(request: Any) -> bool:
            try:
                return check(request)
            except Exception as error:  # noqa: BLE001 -- the service goes on
                if not getattr(error, "logged", False):
                    logger.exception(message)
                return False

        return checked

    return decorate


def outage(
    original: Exception,
    message: str | None = None,
    kind: type[BackendError] = BackendError,
) -> BackendError:
    """Log an exception of a driver, and return the error to raise instead.

    Call it where the exception is handled: its traceback is logged. No secret may be
    left in its text.
    """
    error = kind(original, message)
    logger.exception(error)
    error.logged = True
    return error
