"""The condition that a record is shared, by its permissions in their own table."""

from collections.abc import Callable

from cliquet.engines.shared_ids import Description
from cliquet.object_ids import PLAIN

_HAS_ENTRY = """EXISTS (SELECT FROM access_control_entries
    WHERE object_id = {prefix} || {segment}
    AND permission = ANY({permissions}) AND principal = ANY({principals}))"""

#: What stands for an id in an object id (cliquet.object_ids).
_SEGMENT = """CASE WHEN id COLLATE "C" !~ {odd} THEN id
    WHEN strpos(id, '/') > 0 THEN NULL
    ELSE (SELECT string_agg(CASE WHEN letter COLLATE "C" !~ {odd} THEN letter
        ELSE regexp_replace(upper(encode(convert_to(letter, 'UTF8'), 'hex')),
            '(..)', {hex}, 'g') END, '' ORDER BY number)
        FROM regexp_split_to_table(id, '') WITH ORDINALITY AS part (letter, number))
    END"""


def is_shared(
    bind: Callable[[object, str], str], described: Description, are_plain: bool
) -> str:
    """Write the condition that one of the described permissions is on a record.

    Args:
        bind: Adds a value of a type, and returns what stands for it.
        described: The permissions.
        are_plain: Whether no id that is shared is quoted in its object id.
    """
    conditions, segment = [], "id"
    if are_plain:
        # Then no id with `%` is shared. The planner knows that most ids pass.
        others = (bind(pattern, "text") for pattern in (r"%\%%", "%/%"))
        conditions = [f"id NOT LIKE {pattern}" for pattern in others]
    else:
        odd, bytes_of = bind(f"[^{PLAIN}]", "text"), bind(r"%\1", "text")
        segment = _SEGMENT.format(odd=odd, hex=bytes_of)
    entry = _HAS_ENTRY.format(
        segment=segment,
        prefix=bind(described.prefix, "text"),
        permissions=bind([*described.permissions], "text[]"),
        principals=bind([*described.principals], "text[]"),
    )
    return " AND ".join([*conditions, entry])
