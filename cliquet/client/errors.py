"""What calls raise: refusals of the server, answers that never came."""

from collections.abc import Mapping
from typing import Any, Self

from cliquet.client.records import Record


class ClientError(Exception):
    """Whatever a call of this client raises."""


class UnreachableError(ClientError):
    """No answer came, after all attempts: it is not known whether it was done."""


class ProtocolError(ClientError):
    """The server refused (:clause:`ERR-1`).

    Attributes:
        status: Status of the response.
        errno: Number of the protocol's error; None if the body is not of the protocol,
            as from a proxy.
        message: For developers.
        details: What the error carries, often a list of wrong fields.
        headers: Those of the response.
    """

    def __init__(self, status: int, headers: Mapping[str, str], body: Any) -> None:
        told: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
        self.status = status
        self.headers = headers
        self.errno: int | None = told.get("errno")
        self.message = str(told.get("message") or told.get("error") or "")
        self.details: Any = told.get("details")
        number = "" if self.errno is None else f", errno {self.errno}"
        super().__init__(f"{status}{number}: {self.message}")


class HistoryForgotten(ProtocolError):  # noqa: N818  # As Conflict.
    """Not all deletions are known that one asked for: read the whole list anew.

    The server says so by a 410, or by the header ``Horizon`` (:clause:`SYNC-22`).

    Attributes:
        horizon: Timestamp up to which deletions may be missing.
    """

    ERRNO = 123

    def __init__(self, status: int, headers: Mapping[str, str], body: Any) -> None:
        super().__init__(status, headers, body)
        self.horizon = int(headers.get("horizon", "0").strip('"'))

    @classmethod
    def up_to(cls, horizon: int) -> Self:
        """Return the error of an answer that is none of refusal, but tells the same."""
        message = f"Not all deletions up to {horizon} are known."
        body = {"errno": cls.ERRNO, "message": message}
        return cls(200, {"horizon": f'"{horizon}"'}, body)


class Conflict(ProtocolError):  # noqa: N818  # It is named so in both clients.
    """The record was changed meanwhile, or exists already: 409 or 412.

    Attributes:
        existing: The present record or tombstone; None if there is none, or if it may
            not be read.
    """

    def __init__(self, status: int, headers: Mapping[str, str], body: Any) -> None:
        super().__init__(status, headers, body)
        found = self.details.get("existing") if isinstance(self.details, dict) else None
        self.existing: Record | None = None if found is None else Record(found)
