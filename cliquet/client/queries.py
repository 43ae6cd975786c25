"""Query strings of lists: how values are written, so that they are read as they are."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from cliquet.text import query_value

_MEMBERS = ("in_", "exclude_", "contains_", "contains_any_")


def query_string(
    filters: Mapping[str, Any] | None = None,
    sort: str | None = None,
    fields: Iterable[str] | None = None,
    **parameters: Any,
) -> str:
    """Return a query string with its question mark, or nothing.

    Args:
        filters: Values by parameter, such as `{"min_rank": 3}`; lists are for those
            that take several.
        sort: Names of fields, with a minus for descending: `-rank,title`.
        fields: Those that answers are cut to.
        parameters: Others by name, left out if None.

    Raises:
        ValueError: a value cannot be written so that it is read as it is.
    """
    pairs = [(name, _text(name, value)) for name, value in (filters or {}).items()]
    if sort:
        pairs.append(("_sort", sort))
    if fields is not None:
        pairs.append(("_fields", ",".join(fields)))
    pairs += [(f"_{name}", f"{v}") for name, v in parameters.items() if v is not None]
    return f"?{urlencode(pairs)}" if pairs else ""


def _text(name: str, value: Any) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(_member(each) for each in value)
    if name.startswith("like_"):
        # It is text for the server, whatever it looks like.
        return str(value)
    if name.startswith(_MEMBERS):
        return _member(value)
    return _scalar(value)


def _member(value: Any) -> str:
    text = _scalar(value)
    if "," in text:
        raise ValueError(f"A value of several cannot have a comma: {text!r}")
    return text


def _scalar(value: Any) -> str:
    """Return a text that the server reads as this value (:clause:`LIST-20`)."""
    if value is None:
        return "None"
    if isinstance(value, str):
        return value if _is_plain(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def _is_plain(text: str) -> bool:
    try:
        return text == text.strip() and query_value(text) == text
    except ValueError:
        return False
