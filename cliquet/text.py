"""Texts as values, codes and digests, and the other way round.

Pure functions about strings and plain values: they know neither requests nor settings.
"""

import ast
import base64
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

from cliquet.json_values import exact_number, finite_float

#: Characters that count as blank around a field.
BLANKS = " \t\r\n"

_BOOLEANS = {
    **dict.fromkeys(("on", "true", "yes"), True),
    **dict.fromkeys(("off", "false", "no"), False),
}
_INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(
    r"[+-]?(([0-9]+\.[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)",
    re.ASCII,
)
_QUOTED = re.compile(r"""'[^'\\]*(\\.[^'\\]*)*'|"[^"\\]*(\\.[^"\\]*)*\"""", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"
    r"|N\{([^}]{1,200})\}|(\r\n|.))|[\r\n]",
    re.DOTALL,
)
_ESCAPES = {
    **dict(zip("abfnrtv\\'\"", "\a\b\f\n\r\t\v\\'\"", strict=True)),
    **dict.fromkeys(("\n", "\r", "\r\n"), ""),
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_NESTING = 100
_MANY_SIGNS = re.compile(rf"[-+~\s]{{{_MAX_NESTING + 1}}}")


def native_value(value: Any) -> Any:
    """Return the Python value that a text looks like.

    ``on``, ``true``, ``yes`` and their opposites, in any case, are booleans; otherwise
    it is the value of the Python literal, or the unchanged text. What is not text is
    returned as it is. Whatever the text, nothing is raised.
    """
    if not isinstance(value, str):
        return value
    boolean = _BOOLEANS.get(value.lower())
    if boolean is not None:
        return boolean
    if _is_deep(value):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return value


def query_value(text: str) -> Any:
    """Return the value of a text of the query string, whose literals are bounded.

    Only none, booleans, integers, decimals and quoted texts are literals; brackets
    and anything else are plain text (docs: protocol-filters).

    Raises:
        ValueError: The number has too many digits, or is infinite.
    """
    boolean = _BOOLEANS.get(text.lower())
    if boolean is not None:
        return boolean
    if text == "None":
        return None
    if _INTEGER.fullmatch(text):
        finite_float(text)
        return int(text)
    if _DECIMAL.fullmatch(text):
        return exact_number(text)
    if _QUOTED.fullmatch(text):
        try:
            value = _unescape(text[1:-1])
        except ValueError:
            return text
        # An escape may stand for half of a surrogate pair, which is no character.
        if not _SURROGATE.search(value):
            return value
    return text


def _unescape(quoted: str) -> str:
    r"""Return the text that quotes of Python hold; unknown escapes are plain text.

    The compiler would warn of each `\d`, on standard error.

    Raises:
        ValueError: An escape is not complete, or the text has several lines.
    """
    return _ESCAPE.sub(_meaning, quoted)


def _meaning(escape: re.Match[str]) -> str:
    octal, digits, name, other = escape.groups()
    if octal:
        return chr(int(octal, 8))
    if digits:
        return chr(int(digits[1:], 16))
    if name:
        try:
            # A name of several characters is none of Python's.
            return chr(ord(unicodedata.lookup(name)))
        except (KeyError, TypeError) as error:
            raise ValueError("Unknown name of a character") from error
    if other is None or other in "xuUN":
        raise ValueError("End of a line, or truncated escape")
    return _ESCAPES.get(other, f"\\{other}")


def _is_deep(text: str) -> bool:
    """Return whether the parser might need too many calls, one inside the other."""
    depths = accumulate((c in "([{") - (c in ")]}") for c in text)
    return max(depths, default=0) > _MAX_NESTING or bool(_MANY_SIGNS.search(text))


def decode_value(value: Any) -> str:
    """Return a text for any value, however broken; bytes are read as UTF-8."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "backslashreplace")
    try:
        return str(value)
    except Exception:  # noqa: BLE001 -- a line of log must not fail
        return object.__repr__(value)


def shorten(text: str, most: int) -> str:
    """Return a text of at most so many characters: a long one loses its middle."""
    if len(text) <= most:
        return text
    end = most // 4
    return f"{text[: most - end - 1]}\u2026{text[-end:]}"


def environment_name(key: str) -> str:
    """Return the environment variable of a setting: ``TM_A_B`` for ``tm.a-b``."""
    return key.replace(".", "_").replace("-", "_").upper()


def read_env(key: str, value: Any) -> Any:
    """Return the native value of an environment variable, else that of `value`."""
    return native_value(os.environ.get(environment_name(key), value))


def strip_whitespace(v: Any) -> Any:
    """Return a text without blanks around it; anything else as it is."""
    return v.strip(BLANKS) if isinstance(v, str) else v


def aslist(value: Any) -> list[Any]:
    """Return the words of a text, or the items of any other iterable.

    The texts among the items are split too, as by ``pyramid.settings``. None is an
    empty list.
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
    """Return the lower-cased name of the class of an object."""
    return str(obj.__class__.__name__).lower()


def random_bytes_hex(bytes_length: int) -> str:
    """Return random bytes of the system, as twice as many hexadecimal digits."""
    return os.urandom(bytes_length).hex()


def encode64(content: str, encoding: str = "utf-8") -> str:
    """Encode a text in base64."""
    return base64.b64encode(content.encode(encoding)).decode("ascii")


def decode64(encoded_content: str, encoding: str = "utf-8") -> str:
    """Decode a text from base64.

    Raises:
        ValueError: It is not base64, or not a text.
    """
    content = base64.b64decode(encoded_content.encode(encoding), validate=True)
    return content.decode(encoding)


def decode_header(value: Any, encoding: str = "utf-8") -> Any:
    """Return a header value given as bytes as text; anything else as it is."""
    return value.decode(encoding) if isinstance(value, bytes) else value


#: Headers are text both ways: WSGI wants it (PEP 3333).
encode_header = decode_header


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


def completed(own: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping completed as by :func:`merge_dicts`; nothing is modified.

    What only one of them has is shared, not copied.
    """
    if not own:
        return defaults
    result = {**defaults, **own}
    for key in own.keys() & defaults.keys():
        if isinstance(own[key], dict) and isinstance(defaults[key], dict):
            result[key] = completed(own[key], defaults[key])
    return result


def dict_subset(d: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return the listed members of a mapping; dots select inside nested mappings.

    Unknown keys are ignored. A parent that is no mapping is kept whole; a parent
    without any of the members asked for is kept empty.
    """
    return Subset(keys).of(d)


class Subset:
    """What :func:`dict_subset` keeps, worked out once for many mappings."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = list(keys)
        self._dotted = {key for key in self._keys if "." in key}
        # One list of subkeys a parent, so that `a.b` and `a.c` meet; None: all of it.
        wanted: dict[str, list[str] | None] = {}
        for key in self._keys:
            parent, dot, rest = key.partition(".")
            subkeys = wanted.setdefault(parent, [])
            if not dot:
                wanted[parent] = None
            elif subkeys is not None:
                subkeys.append(rest)
        self._wanted = wanted
        self._inner: dict[str, Subset] = {}

    def of(self, d: Mapping[str, Any]) -> dict[str, Any]:
        """Return the members of a mapping."""
        whole = self._dotted and self._dotted.intersection(d)
        if whole:
            # Names that hold a dot: they are not inside of anything.
            others = Subset(key for key in self._keys if key not in whole)
            return {**others.of(d), **{key: d[key] for key in whole}}
        result = {}
        for key, subkeys in self._wanted.items():
            if key in d:
                value = d[key]
                if subkeys is not None and isinstance(value, Mapping):
                    value = self._inside(key, subkeys).of(value)
                result[key] = value
        return result

    def _inside(self, key: str, subkeys: list[str]) -> "Subset":
        # Not before it is needed: names may have any number of dots.
        if key not in self._inner:
            self._inner[key] = Subset(subkeys)
        return self._inner[key]
