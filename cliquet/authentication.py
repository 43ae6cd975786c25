"""Who sends a request? (protocol §9)"""

from typing import Any

from pyramid import authentication
from pyramid.authorization import Everyone
from pyramid.interfaces import ISecurityPolicy

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
        credentials = authentication.extract_http_basic_credentials(request)
        if credentials is None or not credentials.username:
            return None
        secret = request.registry.settings["userid_hmac_secret"]
        return hmac_digest(
            str(secret), f"{credentials.username}:{credentials.password}"
        )

    def authenticated_userid(self, request: Any) -> str | None:
        """Same as unauthenticated: there are no accounts to check."""
        return self.unauthenticated_userid(request)


class _ListOfPrincipals:
    """An authorization policy that is handed a list, as policies expect."""

    def __init__(self, policy: Any) -> None:
        self._policy = policy

    def permits(self, context: Any, principals: Any, permission: str) -> Any:
        return self._policy.permits(context, list(principals), permission)

    def principals_allowed_by_permission(self, context: Any, permission: str) -> Any:
        return self._policy.principals_allowed_by_permission(context, permission)


def setup_authentication(config: Any) -> None:
    """Include the configured policies, and remember which one was used."""
    config.include("pyramid_multiauth")
    config.action("cliquet.principals", _wrap_policy, args=(config,), order=1000)

    def on_policy_selected(event: Any) -> None:
        event.request.authn_type = event.policy_name.lower()
        event.request.selected_userid = event.userid
        logger.bind(uid=event.userid, authn_type=event.request.authn_type)

    config.add_subscriber(
        on_policy_selected, "pyramid_multiauth.MultiAuthPolicySelected"
    )


def _wrap_policy(config: Any) -> None:
    policy = config.registry.queryUtility(ISecurityPolicy)
    helper = getattr(policy, "_helper", None)
    if helper is not None and not isinstance(helper, _ListOfPrincipals):
        # The layer hands over a set; it has no public place for another policy.
        policy._helper = _ListOfPrincipals(helper)  # noqa: SLF001
