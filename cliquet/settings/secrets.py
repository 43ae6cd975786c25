"""Which settings are secret, how they are shown, and whether a secret is one."""

import re
from typing import Any

#: What anybody would try first, the values of our own samples included.
_POOR = frozenset(
    ("", "change-me", "changeme", "secret", "b4c96a8692291d88fe5a97dd91846eb4")
)
_SECRET_NAME = re.compile(r"(?i)secret|passw|passphrase|token|dsn|credential|key")
#: Options of policies and listeners may be anything, under any name: these are not
#: secret.
_OPTION = re.compile(r"(?:multiauth\.policy|event_listeners)\.[^.]+\.(?P<option>.+)")
_HARMLESS_OPTIONS = frozenset(
    [
        "use",
        "realm",
        "debug",
        "callback",
        "actions",
        "resources",
        "delivery",
        "listname",
        "issuer",
        "audience",
        "leeway",
        "algorithms",
        "jwks",
        "jwks_max_age",
        "groups_claim",
        "require_exp",
        "pool_size",
        "url",
    ]
)
_PASSWORD = re.compile(r"(://[^:/?#\s@]*):\S*@")
_PARAMETER = re.compile(r"([?&;][^=&;#\s]+=)[^&;#\s]*")
_HIDDEN = "********"


def _is_secret(name: str) -> bool:
    """Return whether the value of a setting must not be shown, given its plain name."""
    option = _OPTION.fullmatch(name)
    if option and option["option"] not in _HARMLESS_OPTIONS:
        return True
    return _SECRET_NAME.search(name.rpartition(".")[2]) is not None


def show_setting(name: str, value: Any) -> str:
    """Return the value of a setting as a text of one line, without what is secret.

    Of URLs, passwords and the values of parameters are hidden.
    """
    text = " ".join(str(value).split())
    if _is_secret(name) and text:
        return _HIDDEN
    if "://" not in text:
        return text
    return _PARAMETER.sub(rf"\1{_HIDDEN}", _PASSWORD.sub(rf"\1:{_HIDDEN}@", text))


def is_poor_secret(value: Any) -> bool:
    """Return whether a secret is missing, or known to everybody."""
    return value is None or str(value) in _POOR
