"""Which value does a text of the query string stand for?

Bounded: see :func:`cliquet.text.query_value`. What it cannot hold, and NUL, are a
400 (rulings §5), so that no engine has to cope with them.
"""

from typing import Any

from cliquet.resource.invalid import InvalidParameter
from cliquet.text import query_value

# Timestamps, limits and offsets are 64 bits wide on every engine.
MAX_INTEGER = 2**63 - 1


def is_integer(value: object) -> bool:
    """Tell whether a value is an integer; booleans and ranks are not."""
    return type(value) is int


def is_bounded_integer(value: object) -> bool:
    """Tell whether a value is an integer of 64 bits."""
    return isinstance(value, int) and is_integer(value) and abs(value) <= MAX_INTEGER


def check_text(parameter: str, text: object) -> None:
    """Refuse NUL, which is in no text that an engine can keep (rulings §5).

    Raises:
        InvalidParameter: naming the parameter.
    """
    if isinstance(text, str) and "\x00" in text:
        raise invalid_value(parameter)


def parse_value(parameter: str, text: Any) -> Any:
    """Read a value (protocol §13.3); what is not text is taken as it is.

    Raises:
        InvalidParameter: for a number too large, or NUL.
    """
    if not isinstance(text, str):
        return text
    try:
        value = query_value(text)
    except ValueError as error:
        raise invalid_value(parameter) from error
    # Quoted texts may hold escapes: NUL is looked for once they are read.
    check_text(parameter, value)
    return value


def invalid_value(parameter: str) -> InvalidParameter:
    """Build the error of a parameter whose value is not acceptable."""
    readable = parameter.replace("\x00", "\\x00")
    return InvalidParameter("querystring", readable, f"Invalid value for {readable}")
