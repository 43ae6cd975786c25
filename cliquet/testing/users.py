"""Users of tests: a policy in front of those of the application, whatever they are.

Who sends a request is in the WSGI environ, which no header reaches; and nobody puts the
policy there but fixtures.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from pyramid.interfaces import IAuthenticationPolicy
from zope.interface import implementer

from cliquet.framework.policy import put_first
from cliquet.types import Principal, Request

KEY = "cliquet.testing.user"


class User(NamedTuple):
    """Who sends a request."""

    id: str
    policy: str
    principals: tuple[Principal, ...]


@implementer(IAuthenticationPolicy)
class PresentedUsers:
    """Users whom a test presents under the name of a policy."""

    def __init__(self, name: str) -> None:
        self._name = name

    def authenticated_userid(self, request: Request) -> str | None:
        """Return the user of the test, if it is one of this policy."""
        user = self._user(request)
        return None if user is None else user.id

    def unauthenticated_userid(self, request: Request) -> str | None:
        """Return the same: tests do not lie."""
        return self.authenticated_userid(request)

    def effective_principals(self, request: Request) -> list[Principal]:
        """Return what the test gave to the user."""
        user = self._user(request)
        return [] if user is None else [*user.principals]

    def remember(self, request: Request, userid: str, **kw: Any) -> list[Any]:
        """Return no header."""
        return []

    def forget(self, request: Request) -> list[Any]:
        """Return no header: the policy behind challenges."""
        return []

    def _user(self, request: Request) -> User | None:
        # Entries of a batch have the environ of their batch.
        user: User | None = request.environ.get(KEY)
        return user if user is not None and user.policy == self._name else None


def present_users(registry: Any) -> list[str]:
    """Let tests present users to an application; return the names of its policies."""
    names: list[str] = []

    def make(name: str) -> PresentedUsers:
        names.append(name)
        return PresentedUsers(name)

    put_first(registry, make)
    return names


def principals_of(
    groups: Iterable[str], principals: Iterable[Principal]
) -> tuple[Principal, ...]:
    """Return the principals of members of groups, by the names of these or paths."""
    return (*(f"group:{each}" for each in groups), *principals)
