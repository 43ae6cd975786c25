"""Users who have a JSON Web Token (docs: authentication-jwt; RFC 7519, 6750).

Settings name what an issuer promises; whatever a token says of itself decides nothing
before its signature is checked, with a key that its issuer published.
"""

import time
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pyramid.httpexceptions import HTTPServiceUnavailable
from pyramid.interfaces import IAuthenticationPolicy
from zope.interface import implementer

from cliquet.authentication.bearer import bearer_token, challenge, is_name
from cliquet.authentication.jwks import KeySet, UnavailableError, reader_of
from cliquet.authentication.options import as_flag, as_names, as_realm, as_seconds
from cliquet.authentication.tokens import (
    KEY_OF,
    SYMMETRIC,
    RefusedError,
    VerifyingKey,
    check_claims,
    claims_registry,
    read_claims,
    read_header,
    read_keys,
    secret_key,
    sign,
)
from cliquet.declarations.users import OptionError
from cliquet.logs import logger
from cliquet.text import aslist
from cliquet.timestamps import current_seconds
from cliquet.types import Principal, Request

__all__ = ["JWTAuthenticationPolicy"]

#: By which keys age.
CLOCK = time.monotonic

_Outcome = dict[str, Any] | RefusedError | UnavailableError

#: Names of groups that are paths are those of groups which this service keeps.
_PATH = "/"


@implementer(IAuthenticationPolicy)
class JWTAuthenticationPolicy:
    """Bearer tokens, whose `sub` is the user.

    Args:
        issuer: The only `iss` that counts; any if it is empty.
        audience: Names of this service, one of which `aud` must have. Without, tokens
            that have an `aud` are refused: it names somebody else (RFC 7519, 4.1.3).
        leeway: Seconds by which clocks may differ.
        algorithms: Those that count; by default all that the keys are for.
        jwks: File or URL of the issuer's public keys (RFC 7517).
        jwks_max_age: Seconds after which they are read again.
        secret: Key of HMACs, for the algorithms `HS256`, `HS384` and `HS512` alone.
        groups_claim: The claim whose names are principals `group:<name>`; with dots, a
            member of a member.
        require_exp: Whether tokens that never expire are refused.
        realm: In the challenge.
    """

    checks_options = True
    security_scheme: ClassVar[dict[str, str]] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
    }

    def __init__(
        self,
        issuer: str = "",
        audience: Any = "",
        leeway: Any = 60,
        algorithms: Any = "",
        jwks: str = "",
        jwks_max_age: Any = 3600,
        secret: str = "",
        groups_claim: str = "",
        require_exp: Any = True,
        realm: str = "Realm",
    ) -> None:
        if not (jwks or secret):
            raise OptionError("jwks", "is missing, and so is secret: set one of them.")
        self._algorithms = _algorithms(algorithms, jwks=str(jwks), secret=str(secret))
        self._secret = _secret_key(str(secret), self._algorithms)
        self._keys = _key_set(str(jwks), as_seconds("jwks_max_age", jwks_max_age))
        audiences = [str(each) for each in aslist(audience)]
        named = {"iss": str(issuer), "aud": audiences}
        self._named = {name: value for name, value in named.items() if value}
        needs_exp = as_flag("require_exp", require_exp)
        self._claims = claims_registry(
            issuer=str(issuer),
            audiences=audiences,
            leeway=int(as_seconds("leeway", leeway)),
            needs_exp=needs_exp,
        )
        self._groups_claim = str(groups_claim)
        self._realm = as_realm(realm)
        self._memo = f"cliquet.jwt.{id(self)}"

    def authenticated_userid(self, request: Request) -> str | None:
        """Return the subject of the token, None without one that counts.

        Raises:
            HTTPServiceUnavailable: It is signed with a key that cannot be read.
        """
        outcome = self._outcome(request)
        if isinstance(outcome, UnavailableError):
            raise HTTPServiceUnavailable
        if isinstance(outcome, dict):
            subject: str = outcome["sub"]
            return subject
        return None

    def unauthenticated_userid(self, request: Request) -> str | None:
        """Return the authenticated one: nobody is who a token claims before."""
        return self.authenticated_userid(request)

    def effective_principals(self, request: Request) -> list[Principal]:
        """Return the groups that the token names, if its user is the request's.

        The policy above adds the standard principals.
        """
        if not self._groups_claim or request.authenticated_userid is None:
            return []
        name = getattr(self, "_pyramid_multiauth_name", "")
        if getattr(request, "authn_type", None) != name.lower():
            return []
        outcome = self._outcome(request)
        if not isinstance(outcome, dict):
            return []
        groups = _find_groups(outcome, self._groups_claim)
        return [f"group:{each}" for each in groups]

    def remember(self, request: Request, userid: str, **kw: Any) -> list[Any]:
        """Return no header: clients keep their token."""
        return []

    def forget(self, request: Request) -> list[tuple[str, str]]:
        """Return the challenge, with what was wrong with a token."""
        outcome = self._outcome(request)
        refused = str(outcome) if isinstance(outcome, RefusedError) else None
        return challenge(self._realm, refused)

    @property
    def signs_tokens(self) -> bool:
        """Return whether there is a secret: who verifies with it can sign, too."""
        return bool(self._secret and self._algorithms & SYMMETRIC)

    def sign(self, subject: str, seconds: int) -> str:
        """Return a token of a user that counts here, for development and tests.

        Args:
            subject: The user, without the name of the policy.
            seconds: Until it expires.

        Raises:
            ValueError: There is no secret, or no user can have such a name.
        """
        if self._secret is None or not self.signs_tokens:
            raise ValueError("There is no secret to sign with")
        if not is_name(subject):
            raise ValueError(f"{subject!r} cannot be the name of a user")
        now = int(current_seconds())
        claims = {**self._named, "sub": subject, "iat": now, "exp": now + seconds}
        algorithm = min(self._algorithms & SYMMETRIC)
        return sign(claims, algorithm, self._secret.key)

    def _outcome(self, request: Request) -> _Outcome | None:
        """Return what a token is worth; entries of a batch mostly have the same one."""
        token = bearer_token(request)
        if token is None:
            return None
        known: dict[str, _Outcome] = request.bound_data.setdefault(self._memo, {})
        if token not in known:
            known[token] = self._judge(token)
        return known[token]

    def _judge(self, token: str) -> _Outcome:
        try:
            header = read_header(token, self._algorithms)
            if header.algorithm in SYMMETRIC:
                keys = [self._secret] if self._secret else []
            else:
                keys = self._keys.find(header) if self._keys else []
            if not keys:
                raise RefusedError("The key of the token is unknown")
            claims = read_claims(token, header, [each.key for each in keys])
            check_claims(claims, self._claims)
            if not is_name(claims["sub"]):
                raise RefusedError("The sub of the token is not accepted")
        except RefusedError as refused:
            logger.info("Token refused", reason=str(refused))
            return refused
        except UnavailableError as error:
            return error
        return claims


def _algorithms(value: Any, *, jwks: str, secret: str) -> frozenset[str]:
    """Return the algorithms that count.

    Raises:
        OptionError: One is unknown, as `none` is, or there is no key for it.
    """
    public = frozenset(KEY_OF) - SYMMETRIC
    available = (public if jwks else frozenset()) | (SYMMETRIC if secret else set())
    asked = as_names("algorithms", value, KEY_OF)
    for each in sorted(asked - available):
        lacking = "secret" if each in SYMMETRIC else "jwks"
        raise OptionError("algorithms", f"{each!r} needs {lacking}, which is not set.")
    if asked or not secret:
        return asked or available
    # Long secrets may be used for the others: whoever wants that says so.
    return (available - SYMMETRIC) | {"HS256"}


def _secret_key(secret: str, algorithms: frozenset[str]) -> VerifyingKey | None:
    """Return the key of HMACs, None if none is wanted.

    Raises:
        OptionError: It is shorter than the digest (RFC 7518, 3.2), or no secret.
    """
    if not secret:
        return None
    if secret.lstrip().startswith(("-----BEGIN", "ssh-", "ecdsa-", "{")):
        raise OptionError("secret", "is a public key, no secret: jwks is for those.")
    bits = max((int(each[2:]) for each in algorithms & SYMMETRIC), default=256)
    if len(secret.encode()) * 8 < bits:
        raise OptionError("secret", f"has less than {bits // 8} bytes: it is guessed.")
    return secret_key(secret)


def _key_set(place: str, max_age: float) -> KeySet | None:
    """Return the keys of a file or URL, None if there is neither.

    Raises:
        OptionError: It is a file that has none; a URL is read by the first request.
    """
    if not place:
        return None
    read, scheme = reader_of(place), urlsplit(place).scheme
    if scheme in ("http", "https"):
        if not urlsplit(place).hostname:
            raise OptionError("jwks", "is a URL without host.")
    else:
        try:
            read_keys(read())
        except (OSError, ValueError) as error:
            raise OptionError("jwks", f"is no file of keys: {error}") from error
    return KeySet(read, max_age, CLOCK)


def _find_groups(claims: dict[str, Any], name: str) -> list[str]:
    """Return the names of groups in a claim, by its name or its path of names."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for each in name.split("."):
            found = found.get(each) if isinstance(found, dict) else None
    groups = [found] if isinstance(found, str) else found
    if not isinstance(groups, list):
        return []
    return [each for each in groups if is_name(each) and not each.startswith(_PATH)]
