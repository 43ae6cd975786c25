"""Texts that are searched for: case folding, and patterns with `*` for any text.

Simple case folding of Unicode, the same on every engine: one character for each, so
that `ß` is not `ss`.
"""

from collections.abc import Callable
from functools import cache

#: No character beyond has two cases.
_LAST_CASED = 0x20000


def fold(text: str) -> str:
    """Return a text whose letters have one case."""
    return text.lower() if text.isascii() else text.translate(folded_characters())


@cache
def folded_characters() -> dict[int, int]:
    """Return by what folding replaces characters, those that it changes."""
    folded = {code: ord(_fold_one(chr(code))) for code in range(_LAST_CASED)}
    return {code: other for code, other in folded.items() if code != other}


def build_matcher(pattern: str) -> Callable[[str], bool]:
    """Return what says whether a text has a pattern, in time linear in the text.

    Args:
        pattern: A part of the text; or the whole of it, where there is a `*`.
    """
    first, *others = fold(pattern).split("*")
    if not others:
        return lambda text: first in fold(text)
    *middle, last = others

    def matches(text: str) -> bool:
        folded = fold(text)
        place, stop = len(first), len(folded) - len(last)
        if not folded.startswith(first) or not folded.endswith(last):
            return False
        for part in middle:
            found = folded.find(part, place, max(place, stop))
            if found < 0:
                return False
            place = found + len(part)
        return place <= stop

    return matches


def characters_folded_to(text: str) -> dict[int, int]:
    """Return the characters that folding makes one of a text's, and which.

    Whether a folded text holds this one depends on no others.
    """
    wanted = set(map(ord, text))
    return {code: to for code, to in folded_characters().items() if to in wanted}


def like_pattern(pattern: str) -> str:
    """Return a pattern as LIKE of SQL has it, where a backslash escapes."""
    written = fold(pattern)
    for special in "\\%_":
        written = written.replace(special, "\\" + special)
    return written.replace("*", "%") if "*" in written else f"%{written}%"


def _fold_one(character: str) -> str:
    """Fold a character; where only full folding has an answer, lower it or keep it."""
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character
