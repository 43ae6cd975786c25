"""Hash tags: which keys of a cluster are in one slot (docs: redis-cluster).

What is written in one step has to be in one slot. The tag is what a collection and the
permissions of its records have in common: the parent. A single server has no tags.
"""

import re
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Tag = Callable[[str], str]
"""Returns what keys begin with, given a parent."""

_Each = TypeVar("_Each", bound=Hashable)

#: What would end a tag, or is escaped in keys, or looked for in patterns: tags may
#: coincide, keys do not.
_SPECIAL = re.compile(r"[{}%*?\[\]\\]")

#: Pattern of all tags.
ANY = "{*}"


def untagged(parent: str) -> str:
    """Return nothing: on a single server, all keys are together."""
    return ""


def tagged(parent: str) -> str:
    """Return the tag of a parent. An empty one would be none."""
    return f"{{{_SPECIAL.sub('_', parent) or '/'}}}"


def tag_of(key: str) -> str:
    """Return the tag that a key begins with."""
    return key[: key.index("}") + 1] if key.startswith("{") else ""


def are_together(keys: Iterable[str]) -> bool:
    """Return whether keys of a cluster may be used in one step."""
    return len(set(map(tag_of, keys))) <= 1


def parent_of(object_id: str) -> str:
    """Return the parent of the record that has an object id, or of any beginning.

    `/projects/1` for `/projects/1/tasks/2`, and for `/projects/1/tasks/`.
    """
    return object_id.rpartition("/")[0].rpartition("/")[0]


def by_tag(
    tag: Tag, given: Iterable[_Each], object_id: Callable[[_Each], str]
) -> dict[str, list[_Each]]:
    """Return what belongs to objects, by the tag of these."""
    found: dict[str, list[_Each]] = {}
    for each in given:
        found.setdefault(tag(parent_of(object_id(each))), []).append(each)
    return found
