"""JSON text of values, and back: the one module that knows which library is used.

Everything that travels or is stored as JSON goes through :func:`dumps` and
:func:`loads`, so that equal values have equal texts everywhere.

It is the standard library's (``benchmarks/json_choice.py``): ujson and rapidjson accept
NaN, orjson refuses integers beyond 64 bits, clients' tests assert the messages of its
decoder, and one record costs 3 µs: not worth a compiled dependency.
"""

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from cliquet.bounds import MAX_DEPTH
from cliquet.json_values import exact_number, iso_format
from cliquet.text import decode_value

#: Characters of what a client sent, in a message.
_MOST_QUOTED = 100

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def dumps(value: Any) -> str:
    r"""Return a value as compact ASCII JSON, whose ``/`` are not escaped.

    Bytes are written as text, sets as lists, dates as ISO 8601, and any other object
    that JSON lacks as its text: a log line is better odd than missing. What is strict
    is `json_values.as_json`, through which records come before they are written.

    Raises:
        ValueError: For NaN, infinities and structures that contain themselves.
    """
    return _encode(value, _ENCODER)


def json_serializer(v: Any, **kw: Any) -> str:
    """Return a value as JSON, for a Pyramid renderer whose options are ignored.

    Raises:
        TypeError: An object in it has no text of its own.
    """
    return _encode(v, _RENDERER)


class _DecimalError(TypeError):
    """There is a number of more digits than floats have: the encoder has no others."""


class _NamelessError(TypeError):
    """There is an object whose text would be its address in memory."""


def _encode(value: Any, encoder: json.JSONEncoder) -> str:
    try:
        return encoder.encode(value)
    except _DecimalError:
        return _with_decimals(value, encoder)
    except _NamelessError:
        raise
    except TypeError:
        return _encode(_with_text_keys(value), encoder)
    except RecursionError as error:
        raise ValueError("Too deeply nested") from error


def _with_decimals(value: Any, encoder: json.JSONEncoder) -> str:
    """Return the JSON of a value with Decimals, that `encoder` cannot write."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("Number out of range")
        return format(value, "f")
    if isinstance(value, Mapping):
        members = [
            # The beginning of an object of this one member.
            encoder.encode({_key(key): 0})[1:-2] + _with_decimals(item, encoder)
            for key, item in value.items()
        ]
        return f"{{{','.join(members)}}}"
    if isinstance(value, set | frozenset):
        value = _replacement(value)
    if isinstance(value, list | tuple):
        return f"[{','.join(_with_decimals(item, encoder) for item in value)}]"
    return encoder.encode(value)


def quote(value: Any) -> str:
    """Return a value for a message to a client: a text as it is, others as JSON.

    Only the beginning of what is long.
    """
    text = value if isinstance(value, str) else _encode(value, _QUOTING)
    return text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}…"


def loads(text: str | bytes) -> Any:
    r"""Return the value of a JSON text, read as strictly as RFC 8259 allows.

    Raises:
        ValueError: It is not JSON, not UTF-8, holds NaN, an infinity, half of a
            surrogate pair, or is nested beyond `MAX_DEPTH`.
    """
    try:
        if isinstance(text, bytes | bytearray):
            text = text.decode(json.detect_encoding(text))
        value = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise ValueError(f"Invalid UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        if not error.msg.endswith("escape"):
            raise
        # Clients' tests expect "escape sequence".
        message = f"{error.msg} sequence"
        raise json.JSONDecodeError(message, error.doc, error.pos) from None
    except RecursionError as error:
        raise ValueError("Too deeply nested") from error
    except ValueError as error:
        if str(error).startswith("Exceeds the limit"):
            # That of `int`, which goes on to advise a developer.
            raise ValueError("Number out of range") from error
        raise
    _check_depth(text, value)
    _check_surrogates(text, value)
    return value


def loads_stored(text: str | bytes) -> Any:
    """Return the value of JSON that was stored: `loads` checked it when it came.

    Raises:
        ValueError: It is not JSON.
    """
    # Nothing is around it that `decode` would have to look at.
    return _DECODER.raw_decode(text if isinstance(text, str) else text.decode())[0]


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
            _encode(value, _QUOTING).encode()
    except UnicodeEncodeError as error:
        raise ValueError("Unpaired surrogate in text") from error


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not valid JSON")


def _replacement(value: Any) -> Any:
    """Return something that JSON has, for something that it lacks."""
    match value:
        case set() | frozenset():
            # In the order of their texts: that of a set varies between processes.
            return sorted(value, key=str)
        case Mapping():
            return dict(value)
        case Enum():
            return value.value
        case dt.date() | dt.time():
            return iso_format(value)
        case Decimal():
            raise _DecimalError
        case bytes() | bytearray() | memoryview():
            return decode_value(value)
    # Those of a library (or a mock) have their text instead.
    is_standard = type(value).__module__ in ("builtins", "collections")
    if is_standard and isinstance(value, Iterable):
        return list(value)
    return decode_value(value)


def _rendered(value: Any) -> Any:
    """Return something that JSON has, likewise, unless nobody could read it."""
    of_class: Any = type(value)
    if of_class.__str__ is object.__str__ and of_class.__repr__ is object.__repr__:
        raise _NamelessError(f"JSON has nothing for {decode_value(of_class)}")
    return _replacement(value)


def _with_text_keys(value: Any) -> Any:
    """Return a copy of a value, with texts in place of the keys that JSON refuses."""
    if isinstance(value, Mapping):
        return {_key(key): _with_text_keys(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_text_keys(item) for item in value]
    return value


def _key(key: Any) -> Any:
    if key is None or isinstance(key, str | int | float):
        return key
    replacement = _replacement(key)
    return replacement if isinstance(replacement, str) else decode_value(key)


_ENCODER = json.JSONEncoder(
    allow_nan=False, separators=(",", ":"), default=_replacement
)
_RENDERER = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=_rendered)
_QUOTING = json.JSONEncoder(ensure_ascii=False, default=_replacement)
_DECODER = json.JSONDecoder(parse_float=exact_number, parse_constant=_refuse_constant)
