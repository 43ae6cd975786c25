"""The security policy: that of pyramid_multiauth, with groups that are looked up late.

Authorization policies are handed principals as in 3.1. Most decisions need those only
that authentication gives (`system.Authenticated`, the user id): the groups of the user
are looked up when somebody wants to know them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from pyramid.authorization import Authenticated, Everyone
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import PHASE2_CONFIG, ISecurityPolicy
from pyramid_multiauth import (
    MultiAuthIdentity,
    MultiAuthPolicySelected,
    MultiAuthSecurityPolicy,
)

from cliquet.engines.overrides import is_overridden
from cliquet.types import Request, reify


class Principals(Sequence[str]):
    """Principals of a request, as a list of which the end is read when it is needed.

    Its own are known from authentication; `find_groups` returns the others.
    """

    def __init__(
        self, own: Sequence[str], find_groups: Callable[[], Iterable[str]]
    ) -> None:
        self.own = own
        self.find_groups = find_groups

    @reify
    def _all(self) -> list[str]:
        return list(dict.fromkeys([*self.own, *self.find_groups()]))

    def isdisjoint(self, others: Collection[str]) -> bool:
        """Return True if there is none among others."""
        wanted = frozenset(others)
        if not wanted or not wanted.isdisjoint(self.own):
            return not wanted
        return wanted.isdisjoint(self._all)

    def __contains__(self, principal: object) -> bool:
        return principal in self.own or principal in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, index: Any) -> Any:
        return self._all[index]

    def __eq__(self, other: object) -> bool:
        return self._all == other

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, others: list[str]) -> list[str]:
        return self._all + others

    def __radd__(self, others: list[str]) -> list[str]:
        return others + self._all

    def __repr__(self) -> str:
        return repr(self._all)


def intersect(principals: Any, allowed: Collection[str]) -> bool:
    """Return True if one of the principals is among the allowed ones."""
    if isinstance(principals, Principals):
        return not principals.isdisjoint(allowed)
    return not set(allowed).isdisjoint(principals)


class SecurityPolicy(MultiAuthSecurityPolicy):
    """The policies that settings name.

    Attributes:
        finds_groups_late: The groupfinder is ours: it never refuses a user, as that of
            an application does by returning None.
    """

    finds_groups_late = False

    def _compute_identity(self, request: Request) -> Any:
        if not self.finds_groups_late:
            return super()._compute_identity(request)
        for policy in self._policies:
            userid = policy.authenticated_userid(request)
            if userid is not None:
                selected = MultiAuthPolicySelected(policy, request, userid)
                request.registry.notify(selected)
                identity = MultiAuthIdentity(userid, [])
                # Its constructor would make a list of them at once.
                groups = Principals((), partial(self._callback, userid, request))
                backend = getattr(request.registry, "permission", None)
                is_expected = is_overridden(backend, "user_principals")
                identity.groups = list(groups) if is_expected else groups
                return identity
        return None

    def permits(self, request: Request, context: Any, permission: str) -> Any:
        """Ask the authorization policy."""
        return self._helper.permits(context, self._principals(request), permission)

    def _principals(self, request: Request) -> Principals:
        own = [Everyone]
        for policy in self._policies:
            found = policy.effective_principals(request)
            own += [each for each in found if each not in (Everyone, Authenticated)]
        identity = self.identity(request)
        if identity is None:
            return Principals(own, tuple)
        own += [Authenticated, identity.userid]
        return Principals(own, lambda: identity.groups)


def put_first(registry: Any, make: Callable[[str], Any]) -> None:
    """Put a policy before each of those of an application, under the same name.

    Args:
        registry: That of the application, which is made.
        make: Returns the policy that comes before the one of a name.

    Raises:
        ConfigurationError: The application has no policies of pyramid_multiauth.
    """
    policy = registry.queryUtility(ISecurityPolicy)
    if not isinstance(policy, MultiAuthSecurityPolicy):
        raise ConfigurationError("Its security policy is not that of Cliquet.")
    first = []
    for name, _ in policy.get_policies():
        first.append(make(name))
        first[-1]._pyramid_multiauth_name = name  # noqa: SLF001
    # Private: multiauth has no other place for them. Views know the list.
    policy._policies[:0] = first  # noqa: SLF001


def forget_user(request: Request) -> None:
    """Have the user of a request, and their groups, be found anew."""
    # Private: multiauth keeps there what it found.
    vars(request).pop("_multiauth_identity", None)


def setup_policy(config: Any, groupfinder: Any) -> None:
    """Replace the security policy of pyramid_multiauth by ours.

    Groups may be looked up late if they are those of the given groupfinder.
    """

    def replace() -> None:
        policy = config.registry.queryUtility(ISecurityPolicy)
        if type(policy) is MultiAuthSecurityPolicy:
            # Private: multiauth has no other place for what it was made of.
            own = SecurityPolicy(policy._policies, policy._callback, policy._helper)  # noqa: SLF001
            own.finds_groups_late = policy._callback is groupfinder  # noqa: SLF001
            config.registry.registerUtility(own, ISecurityPolicy)

    # Once the policies are there, before views remember theirs.
    config.action("cliquet.policy", replace, order=PHASE2_CONFIG + 1)
