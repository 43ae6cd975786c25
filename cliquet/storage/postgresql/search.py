"""Filters that look into texts and arrays, or whether a field is there, in SQL.

Names of fields and values are bound, never part of the text.
"""

from collections.abc import Callable, Sequence
from typing import Any

from cliquet.storage.matching import characters_folded_to, like_pattern
from cliquet.storage.query import COMPARISON, Filter, Path, Rank, parts_of, rank_of

Bind = Callable[[Any, str], str]
AsJson = Callable[[Any], str]

#: Texts of ASCII alone need no table.
_LIKE = """(CASE WHEN octet_length({text}) = length({text}) THEN lower({text})
ELSE translate({text}, {cased}, {folded}) END) LIKE {pattern}"""
_HAS_ANY = """EXISTS (SELECT 1 FROM jsonb_array_elements(CASE
WHEN jsonb_typeof({member}) = 'array' THEN {member} ELSE '[]' END) AS found (element)
WHERE found.element = ANY({values}))"""


def write_member(field: str, data: str, bind: Bind, last: str = "->") -> str:
    """Write the value of a field; NULL where it is missing, or inside of no object.

    Args:
        field: Its name, or the `Path` to it.
        data: The document of a row.
        bind: Adds a value of a type of SQL to the statement.
        last: The operator of the last step: `->>` for a text.
    """
    *outer, name = (bind(part, "text") for part in parts_of(field))
    steps = "".join(f" -> {each}" for each in outer)
    return f"({data}{steps} {last} {name})"


def write_equal(field: str, value: Any, data: str, bind: Bind, as_json: AsJson) -> str:
    """Write that a member has a value that is not null; NULL where it is missing.

    An index on the member serves it, and so does one on the document.

    Args:
        field: Its name, or the `Path` to it.
        value: The value.
        data: The document of a row.
        bind: Adds a value of a type of SQL to the statement.
        as_json: Writes a value as a text that `jsonb` reads.
    """
    equal = f"{write_member(field, data, bind)} = {bind(as_json(value), 'jsonb')}"
    if rank_of(value) in (Rank.ARRAY, Rank.OBJECT):
        return equal
    # The same where the value is no container, by the operator of an index on the
    # document; without one it takes half the time.
    holds = _write_holds(parts_of(field), value, data, bind, as_json)
    return f"({holds} AND {equal})"


def write_search(item: Filter, data: str, bind: Bind, as_json: AsJson) -> str:
    """Write a filter on a member of the document: true, or else false or NULL.

    Args:
        item: Its operator is `HAS`, `LIKE`, `CONTAINS` or `CONTAINS_ANY`.
        data: The document of a row.
        bind: Adds a value of a type of SQL to the statement.
        as_json: Writes a value as a text that `jsonb` reads.
    """
    if item.operator is COMPARISON.CONTAINS:
        # An index on the document serves it.
        return _write_holds(parts_of(item.field), list(item.value), data, bind, as_json)
    if item.operator is COMPARISON.HAS and not isinstance(item.field, Path):
        has = f"({data} ? {bind(item.field, 'text')})"
        return has if item.value else f"NOT {has}"
    member = write_member(item.field, data, bind)
    if item.operator is COMPARISON.HAS:
        # Arrays and texts have "keys" too, for `?`.
        if not item.value:
            return f"({member} IS NULL)"
        outer = parts_of(item.field)[:-1]
        is_object = _write_holds(outer, {}, data, bind, as_json)
        return f"({is_object} AND {member} IS NOT NULL)"
    if item.operator is COMPARISON.LIKE:
        text = write_member(item.field, data, bind, last="->>")
        matches = write_like(f'({text} COLLATE "C")', item.value, bind)
        return f"(jsonb_typeof({member}) = 'string' AND {matches})"
    values = bind([as_json(value) for value in item.value], "jsonb[]")
    return _HAS_ANY.format(member=member, values=values)


def _write_holds(
    names: Sequence[str], value: Any, data: str, bind: Bind, as_json: AsJson
) -> str:
    """Write that a member has a value; or holds the elements of it, an array."""
    for name in reversed(names):
        value = {name: value}
    return f"{data} @> {bind(as_json(value), 'jsonb')}"


def write_search_of_column(item: Filter, column: str | None, bind: Bind) -> str:
    """Write such a filter on a column, which every row has.

    Args:
        item: The filter.
        column: It, if it holds texts.
        bind: Adds a value of a type of SQL to the statement.
    """
    if item.operator is COMPARISON.HAS:
        return "TRUE" if item.value else "FALSE"
    if item.operator is COMPARISON.LIKE and column:
        return write_like(column, item.value, bind)
    return "FALSE"


def write_like(text: str, pattern: str, bind: Bind) -> str:
    """Write that a text, whose collation is "C", has a pattern in any case."""
    folded = like_pattern(pattern)
    # For each character of each row, the server reads the table: only what matters.
    table = characters_folded_to(folded)
    return _LIKE.format(
        text=text,
        cased=bind("".join(map(chr, table)), "text"),
        folded=bind("".join(map(chr, table.values())), "text"),
        pattern=bind(folded, "text"),
    )
