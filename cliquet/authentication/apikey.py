"""Users who have an API key (docs: authentication-keys): programs, mostly."""

import time
from typing import Any, ClassVar

from pyramid.interfaces import IAuthenticationPolicy
from zope.interface import implementer

from cliquet.authentication import keys
from cliquet.authentication.bearer import bearer_token, challenge
from cliquet.authentication.options import as_realm
from cliquet.types import Principal, Request

__all__ = ["APIKeyAuthenticationPolicy"]

#: By which what is remembered ages.
CLOCK = time.monotonic

_HEADER = "X-API-Key"
_VARIABLE = "HTTP_X_API_KEY"


@implementer(IAuthenticationPolicy)
class APIKeyAuthenticationPolicy:
    """Keys that ``cliquet keys`` makes and revokes.

    They are sent as `X-API-Key`, or as bearer token; the former counts if there are
    both.

    Args:
        realm: In the challenge.

    Attributes:
        needs_storage: It looks keys up in the storage of the application.
        reads_headers: Those besides `Authorization` that `Vary` has to name.
    """

    checks_options = True
    needs_storage = True
    reads_headers = (_HEADER,)
    security_scheme: ClassVar[dict[str, str]] = {
        "type": "apiKey",
        "in": "header",
        "name": _HEADER,
    }

    def __init__(self, realm: str = "Realm") -> None:
        self._realm = as_realm(realm)
        self._remembered = keys.Remembered(CLOCK)
        self._memo = f"cliquet.apikey.{id(self)}"

    def authenticated_userid(self, request: Request) -> str | None:
        """Return the user that the key was made for, None without one that counts."""
        key = _sent_key(request)
        return self._user_of(request, key) if key else None

    def unauthenticated_userid(self, request: Request) -> str | None:
        """Return the authenticated one: a key does not say whose it is."""
        return self.authenticated_userid(request)

    def effective_principals(self, request: Request) -> list[Principal]:
        """Return no principal: the policy above adds the standard ones."""
        return []

    def remember(self, request: Request, userid: str, **kw: Any) -> list[Any]:
        """Return no header: clients keep their key."""
        return []

    def forget(self, request: Request) -> list[tuple[str, str]]:
        """Return the challenge, with an error if a key was sent that does not count."""
        key = _sent_key(request)
        is_refused = key is not None and self._user_of(request, key) is None
        return challenge(self._realm, "The key is unknown" if is_refused else None)

    def _user_of(self, request: Request, key: str) -> str | None:
        """Return the user of a key, the same for all of a request or batch."""
        if not keys.is_key(key):
            return None
        known: dict[str, str | None] = request.bound_data.setdefault(self._memo, {})
        if key not in known:
            storage = request.registry.storage
            known[key] = self._remembered.user_of(storage, keys.id_of(key))
        return known[key]


def _sent_key(request: Request) -> str | None:
    """Return the key of a request; other bearer tokens are for other policies."""
    sent: str | None = request.environ.get(_VARIABLE)
    if sent is not None:
        return sent
    token = bearer_token(request)
    return token if token and keys.is_key(token) else None
