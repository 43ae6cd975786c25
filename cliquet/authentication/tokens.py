"""What a JSON Web Token says, and whether it counts (RFC 7515, 7519; 8725 on attacks).

Pure: keys are given. What is refused is told in a sentence that holds nothing of what
was sent, so that it may be logged and put into a header.
"""

import base64
import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from cliquet.dotted import naming_the_extra
from cliquet.timestamps import current_seconds

with naming_the_extra("The policy 'cliquet.authentication.jwt'", "jwt"):
    from joserfc import jwt
    from joserfc.errors import ExpiredTokenError, JoseError
    from joserfc.jwk import JWKRegistry, Key, OctKey
    from joserfc.jws import JWSRegistry
    from joserfc.jwt import JWTClaimsRegistry

MAX_TOKEN = 16 * 2**10
"""Characters of a token: those with hundreds of groups have less."""

_MAX_KEYS = 100
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_MIN_RSA_BITS = 2048

#: The key that an algorithm takes: its type, and its curve where it has one. Whoever
#: sends a token names its algorithm, and never gets a key of another type for it: a
#: public key is no secret of an HMAC (RFC 8725, 2.1).
KEY_OF = {
    **dict.fromkeys(("HS256", "HS384", "HS512"), ("oct", ())),
    **dict.fromkeys(("RS256", "RS384", "RS512"), ("RSA", ())),
    **dict.fromkeys(("PS256", "PS384", "PS512"), ("RSA", ())),
    "ES256": ("EC", ("P-256",)),
    "ES384": ("EC", ("P-384",)),
    "ES512": ("EC", ("P-521",)),
    "EdDSA": ("OKP", ("Ed25519", "Ed448")),
    "Ed25519": ("OKP", ("Ed25519",)),
}
SYMMETRIC = frozenset(name for name, (kind, _) in KEY_OF.items() if kind == "oct")


class RefusedError(Exception):
    """A token does not count; the text says why."""


class VerifyingKey(NamedTuple):
    """A key, and what it is for."""

    kid: str | None
    kind: str
    curve: str | None
    algorithm: str | None
    key: Key

    def fits(self, algorithm: str, kid: str | None) -> bool:
        """Return whether a token of this algorithm and key id may be its."""
        kind, curves = KEY_OF[algorithm]
        return (
            self.kind == kind
            and (not curves or self.curve in curves)
            and self.algorithm in (None, algorithm)
            and kid in (None, self.kid)
        )


class Header(NamedTuple):
    """What is looked at before there is a key."""

    algorithm: str
    kid: str | None


def read_header(token: str, algorithms: frozenset[str]) -> Header:
    """Return what the header of a token says.

    Raises:
        RefusedError: It is no such token, or of an algorithm that is not wanted.
    """
    if len(token) > MAX_TOKEN:
        raise RefusedError("The token is too long")
    if not _SHAPE.fullmatch(token):
        raise RefusedError("The token is malformed")
    segment = token.partition(".")[0]
    header = _read_object(_decode(segment))
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise RefusedError("The algorithm of the token is not accepted")
    if not (kid is None or isinstance(kid, str)) or "crit" in header:
        raise RefusedError("The header of the token is not understood")
    return Header(algorithm, kid)


def read_claims(token: str, header: Header, keys: Sequence[Key]) -> dict[str, Any]:
    """Return the claims of a token that one of the keys signed.

    Raises:
        RefusedError: None did, or what they signed is no set of claims.
    """
    # Not by `get_alg`: it warns of "EdDSA", the only name that most issuers know.
    algorithm = JWSRegistry.algorithms[header.algorithm]
    signed, _, signature = token.rpartition(".")
    content, sent = signed.encode(), _decode(signature)
    for key in keys:
        try:
            if algorithm.verify(content, sent, key):
                return _read_object(_decode(signed.partition(".")[2]))
        except (JoseError, ValueError, TypeError):
            continue
    raise RefusedError("The signature of the token is wrong")


def claims_registry(
    *, issuer: str, audiences: Sequence[str], leeway: int, needs_exp: bool
) -> JWTClaimsRegistry:
    """Return what claims have to be."""
    options: dict[str, Any] = {"sub": {"essential": True}}
    if needs_exp:
        options["exp"] = {"essential": True}
    if issuer:
        options["iss"] = {"essential": True, "value": issuer}
    if audiences:
        options["aud"] = {"essential": True, "values": list(audiences)}
    return JWTClaimsRegistry(
        now=lambda: int(current_seconds()), leeway=leeway, **options
    )


def check_claims(claims: dict[str, Any], registry: JWTClaimsRegistry) -> None:
    """Check the claims that are registered (RFC 7519, 4.1).

    Raises:
        RefusedError: One of them is not as the registry wants it.
    """
    if "aud" in claims and "aud" not in registry.options:
        raise RefusedError("The token is for somebody else")
    try:
        registry.validate(claims)
    except ExpiredTokenError:
        raise RefusedError("The token expired") from None
    except (JoseError, TypeError, OverflowError) as error:
        name = getattr(error, "claim", None)
        known = name if name in _REGISTERED else "set of claims"
        raise RefusedError(f"The {known} of the token is not accepted") from None


_REGISTERED = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti")


def read_keys(content: bytes) -> tuple[VerifyingKey, ...]:
    """Return the keys of a JWK set (RFC 7517, 5) that verify signatures.

    Others are left out: of unknown types, for encryption, too short, and secrets, which
    have no place in what is published.

    Raises:
        ValueError: It is no JWK set, or has no such key.
    """
    try:
        found = _read_object(content)["keys"]
    except (RefusedError, KeyError):
        raise ValueError("it is no JWK set") from None
    read = map(_read_key, found if isinstance(found, list) else [])
    keys = tuple(key for key in read if key is not None)[:_MAX_KEYS]
    if not keys:
        raise ValueError("it has no key that verifies signatures")
    return keys


def secret_key(secret: str) -> VerifyingKey:
    """Return the key of HMACs."""
    return VerifyingKey(None, "oct", None, None, OctKey.import_key(secret.encode()))


def sign(claims: dict[str, Any], algorithm: str, key: Key) -> str:
    """Return a token with these claims."""
    return jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])


def _read_key(member: Any) -> VerifyingKey | None:
    if not isinstance(member, dict):
        return None
    kind, kid, use = (member.get(name) for name in ("kty", "kid", "use"))
    algorithm, operations = member.get("alg"), member.get("key_ops")
    if kind not in ("RSA", "EC", "OKP") or use not in (None, "sig"):
        return None
    if isinstance(operations, list) and "verify" not in operations:
        return None
    if not (kid is None or isinstance(kid, str)):
        return None
    try:
        if kind == "RSA" and _bits(member["n"]) < _MIN_RSA_BITS:
            return None
        key = JWKRegistry.import_key(member)
    except (JoseError, RefusedError, ValueError, TypeError, KeyError):
        return None
    return VerifyingKey(kid, kind, member.get("crv"), algorithm, key)


def _bits(number: str) -> int:
    return int.from_bytes(_decode(number)).bit_length()


def _decode(segment: str) -> bytes:
    """Return the bytes of base64url without padding (RFC 7515, 2)."""
    try:
        return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise RefusedError("The token is malformed") from None


def _read_object(content: bytes) -> dict[str, Any]:
    """Return an object of JSON none of whose names comes twice (RFC 7519, 4)."""
    try:
        found = json.loads(
            content.decode(),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise RefusedError("The token is malformed")
    return found


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
