"""Who sends a request, and how it is remembered (docs: protocol-authentication)."""

import hmac
from typing import Any, ClassVar

from pyramid import authentication
from pyramid.authorization import Everyone
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import ISecurityPolicy

from cliquet.declarations.report import warn
from cliquet.declarations.users import check_policies
from cliquet.framework.policy import setup_policy
from cliquet.logs import logger
from cliquet.settings import is_debug, is_poor_secret
from cliquet.types import Registry, Request

__all__ = ["BasicAuthAuthenticationPolicy", "prefixed_userid"]

UNPROTECTED = (
    "Setting 'userid_hmac_secret' is not a secret: anybody can compute user ids, and "
    "try passwords against those that permissions show. Set a long random one "
    "(python -c 'import secrets; print(secrets.token_hex())'), and never change it."
)
ANYBODY = (
    "Any name and password is a user: BasicAuthAuthenticationPolicy is the only "
    "policy. Where people sign in, set another one in 'multiauth.policies', of "
    "cliquet.authentication.jwt for instance. While you develop, pyramid.debug_all = "
    "true."
)


def prefixed_userid(request: Request) -> str | None:
    """Return the user id after the name of its policy, None for anonymous requests.

    It does not authenticate: without `request.authenticated_userid` before, it is None.
    """
    policy = getattr(request, "authn_type", None)
    if policy is None:
        return None
    return f"{policy}:{request.selected_userid}"


def effective_principals(request: Request) -> list[str]:
    """Return the principals that a request speaks for; this authenticates it."""
    policy = request.registry.queryUtility(ISecurityPolicy)
    if policy is None or not hasattr(policy, "effective_principals"):
        return [Everyone]
    return list(policy.effective_principals(request))


class BasicAuthAuthenticationPolicy(authentication.BasicAuthAuthenticationPolicy):
    """Basic Auth where any pair of name and password is a user."""

    security_scheme: ClassVar[dict[str, str]] = {"type": "http", "scheme": "basic"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(lambda *_: [], *args, **kwargs)

    def effective_principals(self, request: Request) -> list[str]:
        """Return no principal: the policy above adds the standard ones."""
        return []

    def forget(self, request: Request) -> list[tuple[str, str]]:
        """Return the challenge, with the encoding of credentials (RFC 7617, 2.1)."""
        challenges = super().forget(request)
        return [(name, f'{value}, charset="UTF-8"') for name, value in challenges]

    def unauthenticated_userid(self, request: Request) -> str | None:
        """Return a keyed hash of name and password, None without usable ones."""
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

    def authenticated_userid(self, request: Request) -> str | None:
        """Return the unauthenticated id: there are no accounts to check."""
        return self.unauthenticated_userid(request)


def hmac_digest(secret: str | bytes, message: str, encoding: str = "utf-8") -> str:
    """Return the HMAC-SHA256 of a text, as hexadecimal digits.

    Args:
        secret: The key.
        message: The text.
        encoding: Of both, where they are no bytes.
    """
    if isinstance(secret, str):
        secret = secret.encode(encoding)
    return hmac.new(secret, message.encode(encoding), "sha256").hexdigest()


def _hashed_credentials(request: Request) -> str | None:
    credentials = authentication.extract_http_basic_credentials(request)
    if credentials is None or not credentials.username:
        return None
    secret = request.registry.settings["userid_hmac_secret"]
    return hmac_digest(str(secret), f"{credentials.username}:{credentials.password}")


def lacks_secret(registry: Registry) -> bool:
    """Return whether anybody could compute the user ids of Basic Auth.

    They are shown with permissions: whoever knows the key tries passwords offline.
    """
    return is_poor_secret(registry.settings.get("userid_hmac_secret")) and any(
        isinstance(each, BasicAuthAuthenticationPolicy)
        for _, each in policies_of(registry)
    )


def policies_of(registry: Registry) -> list[tuple[str, Any]]:
    """Return the authentication policies of an application, each after its name."""
    policy = registry.queryUtility(ISecurityPolicy)
    return list(policy.get_policies()) if hasattr(policy, "get_policies") else []


def warn_of_lacking_secret(registry: Registry) -> None:
    """Log that user ids are not protected, as loudly as a log can."""
    if lacks_secret(registry):
        logger.critical(UNPROTECTED)


def warn_of_anybody(registry: Registry) -> None:
    """Log once that any name and password is a user, where nobody else is one."""
    policies = policies_of(registry)
    own: Any = BasicAuthAuthenticationPolicy.unauthenticated_userid
    if policies and all(
        getattr(type(each), "unauthenticated_userid", None) is own
        for _, each in policies
    ):
        warn(registry, ANYBODY)


def check_authentication(registry: Registry) -> None:
    """Refuse policies that lack what they need, and warn of what is easily overlooked.

    Raises:
        ConfigurationError: A policy looks something up in a storage, and there is none.
    """
    for name, policy in policies_of(registry):
        lacks = getattr(registry, "storage", None) is None
        if getattr(policy, "needs_storage", False) and lacks:
            raise ConfigurationError(
                f"Setting 'storage_backend' is missing: policy {name!r} keeps its "
                "keys there."
            )
    # Nobody but developers uses the others, and they know.
    if not is_debug(registry.settings):
        warn_of_lacking_secret(registry)
        warn_of_anybody(registry)


def setup_authentication(config: Any) -> None:
    """Include the configured policies, and set on requests which one was selected."""
    check_policies(config)
    config.include("pyramid_multiauth")
    groupfinder = config.maybe_dotted("cliquet.authorization.groupfinder")
    setup_policy(config, groupfinder)

    def on_policy_selected(event: Any) -> None:
        event.request.authn_type = event.policy_name.lower()
        event.request.selected_userid = event.userid
        logger.bind(uid=event.userid, authn_type=event.request.authn_type)

    config.add_subscriber(
        on_policy_selected, "pyramid_multiauth.MultiAuthPolicySelected"
    )
