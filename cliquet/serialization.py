"""How are values turned into JSON text, and back?

The one module that knows which JSON library is used. Everything that travels or
is stored as JSON goes through :func:`dumps` and :func:`loads`, so that equal values
have equal texts everywhere (python-api §30.9).

Why the standard library (``benchmarks/json_choice.py``, Python 3.11, 300 records):

=============  =========  =========  ==========================================
library        dumps      loads      against it
=============  =========  =========  ==========================================
json           0.40 ms    0.35 ms
ujson 6        0.14 ms    0.15 ms    accepts ``NaN``, escapes ``/``; own wording
rapidjson 1.2  0.22 ms    0.26 ms    accepts ``NaN``; own wording
orjson 3.13    0.05 ms    0.10 ms    refuses integers beyond 64 bits (rulings §5)
=============  =========  =========  ==========================================

The messages of its decoder are asserted by clients' tests, and reading or writing
one record costs 3 µs: not worth a compiled dependency.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

#: Deepest nesting accepted. Copying a record takes two Python frames a level: the
#: same bound on every Python version, well under its recursion limit (rulings §5).
MAX_DEPTH = 128

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def dumps(value: Any) -> str:
    r"""Write a value as compact ASCII JSON, whose ``/`` are not escaped.

    Bytes are written as text, sets as lists, and any other object that JSON lacks
    as its text: a log line or a response is better odd than missing.

    Raises:
        ValueError: for NaN, infinities and structures that contain themselves.
    """
    try:
        return _ENCODER.encode(value)
    except TypeError:
        return _ENCODER.encode(_with_text_keys(value))
    except RecursionError as error:
        raise ValueError("Too deeply nested") from error


def json_serializer(v: Any, **kw: Any) -> str:
    """Write a value for a Pyramid renderer, whose options are ignored."""
    return dumps(v)


def loads(text: str | bytes) -> Any:
    r"""Read JSON text, as strictly as RFC 8259 allows.

    Raises:
        ValueError: when it is not JSON, not UTF-8, holds NaN, an infinity, half of a
            surrogate pair, or is nested beyond `MAX_DEPTH`.
    """
    if isinstance(text, bytes | bytearray):
        text = text.decode(json.detect_encoding(text))
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise _reworded(error) from None
    except RecursionError as error:
        raise ValueError("Too deeply nested") from error
    _check_depth(text, value)
    _check_surrogates(text, value)
    return value


def loads_stored(text: str | bytes) -> Any:
    """Read JSON that was stored: `loads` looked at it when it came.

    Raises:
        ValueError: when it is not JSON.
    """
    # Nothing is around it that `decode` would have to look at.
    return _DECODER.raw_decode(text if isinstance(text, str) else text.decode())[0]


def _reworded(error: json.JSONDecodeError) -> json.JSONDecodeError:
    """Say "escape sequence", as clients' tests expect (python-api §30.9)."""
    message = error.msg
    if message.endswith("escape"):
        message += " sequence"
    return json.JSONDecodeError(message, error.doc, error.pos)


def _check_depth(text: str, value: Any) -> None:
    # Most texts are cleared without looking at the value.
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return
    raise ValueError("Too deeply nested")


def _check_surrogates(text: str, value: Any) -> None:
    try:
        text.encode()
        if _SURROGATE_ESCAPE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError("Unpaired surrogate in text") from error


def _parse_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"Number out of range: {text[:40]}")
    return number


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not valid JSON")


def _replacement(value: Any) -> Any:
    """Answer something that JSON has, for something that it lacks."""
    match value:
        case bytes() | bytearray() | memoryview():
            return bytes(value).decode("utf-8", "backslashreplace")
        case set() | frozenset():
            # In the order of their texts: that of a set varies between processes.
            return sorted(value, key=str)
        case Mapping():
            return dict(value)
        case Enum():
            return value.value
        case BaseException():
            return _text(value)
    if isinstance(value, Iterable) and type(value).__module__ in _STANDARD_ITERABLES:
        return list(value)
    return _text(value)


#: Iterables written as lists; one of a library (or a mock) has its text instead.
_STANDARD_ITERABLES = frozenset({"builtins", "collections"})


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 -- a text for any object, however broken
        return object.__repr__(value)


def _with_text_keys(value: Any) -> Any:
    """Copy a value, the keys that JSON refuses being replaced by their texts."""
    if isinstance(value, Mapping):
        return {_key(key): _with_text_keys(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_text_keys(item) for item in value]
    return value


def _key(key: Any) -> Any:
    if key is None or isinstance(key, str | int | float):
        return key
    replacement = _replacement(key)
    return replacement if isinstance(replacement, str) else _text(key)


_ENCODER = json.JSONEncoder(
    allow_nan=False, separators=(",", ":"), default=_replacement
)
_DECODER = json.JSONDecoder(parse_float=_parse_float, parse_constant=_refuse_constant)
