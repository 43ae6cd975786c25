"""Refusals: which permission was missing on which object, for whom."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Self

from pyramid.security import Denied

from cliquet.logs import logger

#: Principals that a line of the log names.
_MOST = 50


class Refusal(Denied):
    """A refusal of the policy, which is false, and says what was missing.

    Attributes:
        permission: Its name.
        object_id: The object that it was missing on.
        principals: Those of the user, none of whom has it.
    """

    permission: str
    object_id: str | None
    principals: Iterable[str]

    def __new__(
        cls, permission: str, object_id: str | None, principals: Iterable[str]
    ) -> Self:
        """Return a refusal; it is an integer, whose value is given to `__new__`."""
        made: Self = super().__new__(cls, "%s on %s", permission, object_id)
        made.permission = permission
        made.object_id = object_id
        made.principals = principals
        return made


def log_refusal(error: Any) -> None:
    """Log what was missing, if an exception says it.

    Args:
        error: An `HTTPForbidden`; its `result` is what the policy said.
    """
    refusal = getattr(error, "result", None)
    if isinstance(refusal, Refusal):
        logger.info(
            "permission.refused",
            permission=refusal.permission,
            object_id=refusal.object_id,
            principals=list(islice(refusal.principals, _MOST)),
        )
