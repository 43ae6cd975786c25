"""Who sends a request? (protocol §9)"""

from collections.abc import Iterator
from typing import Any

from pyramid import authentication
from pyramid.authorization import Authenticated, Everyone
from pyramid.interfaces import PHASE2_CONFIG, ISecurityPolicy
from pyramid_multiauth import (
    MultiAuthIdentity,
    MultiAuthPolicySelected,
    MultiAuthSecurityPolicy,
)

from cliquet.backends.loading import is_replaced
from cliquet.logs import logger
from cliquet.text import hmac_digest


def prefixed_userid(request: Any) -> Any:
    """Tell the user id with the policy's name, or `None` for anonymous requests.

    It does not authenticate by itself.
    """
    policy = getattr(request, "authn_type", None)
    if policy is None:
        return None
    return policy + ":" + request.selected_userid


def effective_principals(request: Any) -> list[str]:
    """List who the request speaks for; authenticates it."""
    policy = request.registry.queryUtility(ISecurityPolicy)
    if policy is None or not hasattr(policy, "effective_principals"):
        return [Everyone]
    return list(policy.effective_principals(request))


class BasicAuthAuthenticationPolicy(authentication.BasicAuthAuthenticationPolicy):
    """Basic Auth where any pair of name and password is a user."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(lambda *_: [], *args, **kwargs)

    def effective_principals(self, request: Any) -> list[str]:
        """Give no principal: the multi-policy layer adds the standard ones."""
        return []

    def unauthenticated_userid(self, request: Any) -> str | None:
        """Hash name and password; `None` without usable credentials."""
        sent = request.environ.get("HTTP_AUTHORIZATION")
        if sent is None:
            return None
        if not hasattr(request, "parent"):
            return _hashed_credentials(request)
        # The entries of a batch mostly have the same.
        known = request.bound_data.setdefault("basicauth", {})
        if sent not in known:
            known[sent] = _hashed_credentials(request)
        userid: str | None = known[sent]
        return userid

    def authenticated_userid(self, request: Any) -> str | None:
        """Same as unauthenticated: there are no accounts to check."""
        return self.unauthenticated_userid(request)


def _hashed_credentials(request: Any) -> str | None:
    credentials = authentication.extract_http_basic_credentials(request)
    if credentials is None or not credentials.username:
        return None
    secret = request.registry.settings["userid_hmac_secret"]
    return hmac_digest(str(secret), f"{credentials.username}:{credentials.password}")


class _Groups:
    """The groups of a user, looked up when somebody wants to know them."""

    def __init__(self, find: Any, userid: str, request: Any) -> None:
        self._find = find
        self._asked = (userid, request)

    def __iter__(self) -> Iterator[str]:
        return iter(self._find(*self._asked))


class SecurityPolicy(MultiAuthSecurityPolicy):
    """The policies of settings: groups are only looked up when they matter.

    The authorization policy is handed a list of principals (§10.3). If it says that
    authentication alone decides, or settings, principals are not computed.
    """

    finds_groups_later = False
    """The groups are those of `cliquet.authorization`, which refuses nobody."""

    def _compute_identity(self, request: Any) -> Any:
        """Answer who was authenticated first."""
        find = self._callback
        if not self.finds_groups_later:
            # A groupfinder of the application may refuse a user, by answering None.
            return super()._compute_identity(request)
        for policy in self._policies:
            userid = policy.authenticated_userid(request)
            if userid is not None:
                event = MultiAuthPolicySelected(policy, request, userid)
                request.registry.notify(event)
                identity = MultiAuthIdentity(userid, [])
                # It would make a list of them at once.
                identity.groups = _Groups(find, userid, request)
                permission = getattr(request.registry, "permission", None)
                if permission and is_replaced(permission, "user_principals"):
                    identity.groups = list(identity.groups)
                return identity
        return None

    def permits(self, request: Any, context: Any, permission: str) -> Any:
        """Ask the authorization policy."""
        suffices = getattr(self._helper, "authentication_suffices", None)
        if suffices is not None and suffices(permission):
            return self.identity(request) is not None
        suffices = getattr(self._helper, "suffices_without_groups", None)
        if suffices is not None:
            identity = self.identity(request)
            known = [Everyone] if identity is None else _own_principals(identity)
            if suffices(context, known, permission):
                return True
        principals = list(self.effective_principals(request))
        return self._helper.permits(context, principals, permission)


def _own_principals(identity: Any) -> list[str]:
    return [Everyone, Authenticated, identity.userid]


def setup_authentication(config: Any) -> None:
    """Include the configured policies, and remember which one was used."""
    config.include("pyramid_multiauth")
    # Once the policies are there, before views remember theirs.
    order = PHASE2_CONFIG + 1
    config.action("cliquet.principals", _replace_policy, args=(config,), order=order)

    def on_policy_selected(event: Any) -> None:
        event.request.authn_type = event.policy_name.lower()
        event.request.selected_userid = event.userid
        logger.bind(uid=event.userid, authn_type=event.request.authn_type)

    config.add_subscriber(
        on_policy_selected, "pyramid_multiauth.MultiAuthPolicySelected"
    )


def _replace_policy(config: Any) -> None:
    policy = config.registry.queryUtility(ISecurityPolicy)
    if type(policy) is MultiAuthSecurityPolicy:
        own = SecurityPolicy(policy._policies, policy._callback, policy._helper)  # noqa: SLF001 -- it has no public place for them
        groupfinder = config.maybe_dotted("cliquet.authorization.groupfinder")
        own.finds_groups_later = policy._callback is groupfinder  # noqa: SLF001
        config.registry.registerUtility(own, ISecurityPolicy)
