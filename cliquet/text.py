"""How do texts become values, codes, digests, and the other way round?

Pure functions about strings and plain values, without any knowledge of requests
or settings.
"""

import ast
import base64
import hmac
import math
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

#: Characters that count as blank around a field (python-api §9.2).
BLANKS = " \t\r\n"

_BOOLEANS = {
    "on": True,
    "true": True,
    "yes": True,
    "off": False,
    "false": False,
    "no": False,
}
_MAX_NESTING = 100
_INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(
    r"[+-]?(([0-9]+\.[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)",
    re.ASCII,
)
_QUOTED = re.compile(r"""'[^'\\]*(\\.[^'\\]*)*'|"[^"\\]*(\\.[^"\\]*)*\"""", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


def native_value(value: Any) -> Any:
    """Read a text as the Python value that it looks like (python-api §9.2).

    ``on``, ``true``, ``yes`` and their opposites are booleans; otherwise the value
    of the Python literal, or the unchanged text. What is not text is left alone.
    Whatever the text, nothing is raised (rulings §5).
    """
    if not isinstance(value, str):
        return value
    boolean = _BOOLEANS.get(value.lower())
    if boolean is not None:
        return boolean
    if _nesting(value) > _MAX_NESTING:
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return value


def query_value(text: str) -> Any:
    """Read a value of the query string: the bounded form of :func:`native_value`.

    Only none, booleans, integers, decimals and quoted texts are literals; brackets
    and anything else are plain text (rulings §4, protocol §13.3).

    Raises:
        ValueError: when the number has too many digits, or is infinite.
    """
    boolean = _BOOLEANS.get(text.lower())
    if boolean is not None:
        return boolean
    if text == "None":
        return None
    if _INTEGER.fullmatch(text):
        _finite(text)
        return int(text)
    if _DECIMAL.fullmatch(text):
        return _finite(text)
    return _unquoted(text)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("Number out of range")
    return number


def _unquoted(text: str) -> str:
    if not _QUOTED.fullmatch(text):
        return text
    value = native_value(text)
    # An escape may stand for half of a surrogate pair, which is no character.
    if isinstance(value, str) and not _SURROGATE.search(value):
        return value
    return text


def _nesting(text: str) -> int:
    """Bound the depth at which the parser would have to go into a text."""
    deepest = depth = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    signs = max((len(run) for run in re.findall(r"[-+~\s]+", text)), default=0)
    return max(deepest, signs)


def environment_name(key: str) -> str:
    """Name the environment variable of a setting: ``tm.a-b`` gives ``TM_A_B``."""
    return key.replace(".", "_").replace("-", "_").upper()


def read_env(key: str, value: Any) -> Any:
    """Answer the native value of an environment variable, else that of `value`."""
    return native_value(os.environ.get(environment_name(key), value))


def strip_whitespace(v: Any) -> Any:
    """Strip blanks around a text; anything else (``colander.null``) is unchanged."""
    return v.strip(BLANKS) if isinstance(v, str) else v


def aslist(value: Any) -> list[Any]:
    """Split a text at its blanks; make a list of any other sequence.

    Nothing, ``None`` for instance, is an empty list. As in ``pyramid.settings``, the
    texts of a list are split too.
    """
    if value is None:
        return []
    alone = isinstance(value, str) or not isinstance(value, Iterable)
    items = [value] if alone else value
    return [
        part
        for item in items
        for part in (item.split() if isinstance(item, str) else [item])
    ]


def classname(obj: Any) -> str:
    """Answer the lower-cased name of the class of an object."""
    return str(obj.__class__.__name__).lower()


def random_bytes_hex(bytes_length: int) -> str:
    """Answer random bytes of the system, as twice as many hexadecimal digits."""
    return os.urandom(bytes_length).hex()


def encode64(content: str, encoding: str = "utf-8") -> str:
    """Encode a text in base64."""
    return base64.b64encode(content.encode(encoding)).decode("ascii")


def decode64(encoded_content: str, encoding: str = "utf-8") -> str:
    """Decode a text from base64.

    Raises:
        ValueError: when it is not base64, or not a text.
    """
    content = base64.b64decode(encoded_content.encode(encoding), validate=True)
    return content.decode(encoding)


def hmac_digest(secret: str | bytes, message: str, encoding: str = "utf-8") -> str:
    """Sign a text with HMAC-SHA256, as hexadecimal digits."""
    if isinstance(secret, str):
        secret = secret.encode(encoding)
    return hmac.new(secret, message.encode(encoding), "sha256").hexdigest()


def encode_header(value: Any, encoding: str = "utf-8") -> Any:
    """Answer a header value as text, which is what WSGI wants."""
    return _decoded(value, encoding)


def decode_header(value: Any, encoding: str = "utf-8") -> Any:
    """Decode a header value given as bytes; anything else is unchanged."""
    return _decoded(value, encoding)


def _decoded(value: Any, encoding: str) -> Any:
    return value.decode(encoding) if isinstance(value, bytes) else value


def merge_dicts(a: dict[Any, Any], b: Mapping[Any, Any]) -> None:
    """Complete `a`, at any depth, with what only `b` has. `a` is modified."""
    for key, value in b.items():
        if isinstance(value, Mapping):
            inner = a.setdefault(key, {})
            # A leaf of `a` is never replaced, be it by a mapping.
            if isinstance(inner, dict):
                merge_dicts(inner, value)
        else:
            a.setdefault(key, value)


def dict_subset(d: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Copy the listed members of a mapping; dots select inside nested mappings.

    Unknown keys are ignored. A parent that is no mapping is kept whole; a parent
    without any of the members asked for is kept empty (python-api §9.2).
    """
    # One list of subkeys a parent, so that `a.b` and `a.c` meet; None: all of it.
    wanted: dict[str, list[str] | None] = {}
    for key in keys:
        _want(wanted, d, key)
    result = {}
    for key, subkeys in wanted.items():
        value = d[key]
        if subkeys is not None and isinstance(value, Mapping):
            value = dict_subset(value, subkeys)
        result[key] = value
    return result


def _want(wanted: dict[str, list[str] | None], d: Mapping[str, Any], key: str) -> None:
    if key in d:
        wanted[key] = None
        return
    parent, dot, rest = key.partition(".")
    if not dot or parent not in d:
        return
    subkeys = wanted.setdefault(parent, [])
    if subkeys is not None:
        subkeys.append(rest)
