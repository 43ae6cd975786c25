"""Filters that look into texts and arrays, or whether a field is there, in SQL.

Names of fields and values are bound, never part of the text.
"""

from collections.abc import Callable
from typing import Any

from cliquet.storage.matching import folded_characters, like_pattern
from cliquet.storage.query import COMPARISON, Filter, Path, parts_of

Bind = Callable[[Any, str], str]

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


def write_search(
    item: Filter, data: str, bind: Bind, as_json: Callable[[Any], str]
) -> str:
    """Write a filter on a member of the document: true, or else false or NULL.

    Args:
        item: Its operator is `HAS`, `LIKE`, `CONTAINS` or `CONTAINS_ANY`.
        data: The document of a row.
        bind: Adds a value of a type of SQL to the statement.
        as_json: Writes a value as a text that `jsonb` reads.
    """
    if item.operator is COMPARISON.CONTAINS:
        # An index on the document serves it.
        wanted: Any = list(item.value)
        for name in reversed(parts_of(item.field)):
            wanted = {name: wanted}
        return f"{data} @> {bind(as_json(wanted), 'jsonb')}"
    if item.operator is COMPARISON.HAS and not isinstance(item.field, Path):
        has = f"({data} ? {bind(item.field, 'text')})"
        return has if item.value else f"NOT {has}"
    member = write_member(item.field, data, bind)
    if item.operator is COMPARISON.HAS:
        # Arrays and texts have "keys" too, for `?`.
        return f"({member} IS {'NOT ' if item.value else ''}NULL)"
    if item.operator is COMPARISON.LIKE:
        text = write_member(item.field, data, bind, last="->>")
        matches = write_like(f'({text} COLLATE "C")', item.value, bind)
        return f"(jsonb_typeof({member}) = 'string' AND {matches})"
    values = bind([as_json(value) for value in item.value], "jsonb[]")
    return _HAS_ANY.format(member=member, values=values)


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
    table = folded_characters()
    return _LIKE.format(
        text=text,
        cased=bind("".join(map(chr, table)), "text"),
        folded=bind("".join(map(chr, table.values())), "text"),
        pattern=bind(like_pattern(pattern), "text"),
    )
