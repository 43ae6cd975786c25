"""Names of fields that a list may be asked for, as patterns of JSON Schema."""

import re
from collections.abc import Iterable
from typing import Any

import colander

from cliquet.bounds import MAX_DEPTH
from cliquet.description.records import option
from cliquet.resource.fields import names_of
from cliquet.resource.hooks import Hooks

_SPECIAL = re.compile(r"[\^$\\.*+?()\[\]{}|/]")
#: What no name in a query string has, or not at its ends: nothing is said of such.
_ODD = re.compile(r"[,\x00]|^[-+\s]|\s$|^$")
_ANY = r"[^.,\x00]"


def sort_pattern(resource: Any) -> str | None:
    """Return what a name in `_sort` looks like; blank ones are skipped.

    Returns:
        `None` where an application decides which fields are known.
    """
    known = _known(resource)
    if known is None:
        return None
    inside = {
        child.name: _inside(child, 1)
        for child in resource.mapping.children
        if "." not in child.name
    }
    paths = [_escape(name) + _optional(inside.get(name)) for name in known]
    return rf"^\s*(?:[+\-]?(?:{'|'.join(paths)}))?\s*$"


def fields_pattern(resource: Any) -> str | None:
    """Return what a name in `_fields` looks like: what is inside is not looked at.

    Returns:
        `None` where any name may be asked for, or an application decides.
    """
    known = _known(resource)
    if known is None or resource.mapping.get_option("preserve_unknown") is True:
        return None
    names = "|".join(_escape(name) for name in known if "." not in name)
    return rf"^(?:{names})(?:\.[^,\x00]*)?$"


def _known(resource: Any) -> list[str] | None:
    """Return the fields that records may be asked for, but for those inside of them."""
    if any(
        getattr(resource, name, None) is not getattr(Hooks, name)
        for name in ("is_known_field", "_get_known_fields")
    ):
        return None
    secret = option(resource.mapping, "writeonly_fields")
    declared = [
        child.name
        for child in resource.mapping.children
        if child.name.partition(".")[0] not in secret and child.name not in secret
    ]
    known = list(dict.fromkeys([*declared, *names_of(resource.default_model)]))
    return None if any(map(_ODD.search, known)) else known


def _inside(node: Any, depth: int) -> str | None:
    """Return what the rest of a path into a node looks like, if any leads there.

    Args:
        node: It.
        depth: Names of the path that lead to it.
    """
    if not isinstance(node.typ, colander.Mapping):
        return None
    names = [child.name for child in node.children]
    found = [
        _escape(child.name) + _optional(_inside(child, depth + 1))
        for child in node.children
        if "." not in child.name and not _ODD.search(child.name)
    ]
    if getattr(node.typ, "unknown", "ignore") == "preserve":
        found.append(_unknown(names, MAX_DEPTH - depth - 1))
    return "|".join(found) or None


def _unknown(declared: Iterable[str], more: int) -> str:
    """Return what a path looks like that begins with no declared name."""
    others = "|".join(map(_escape, declared))
    but = rf"(?!(?:{others})(?:\.|\s*$))" if others else ""
    return rf"{but}(?:{_ANY}+\.){{0,{more}}}{_ANY}*[^.,\x00\s]"


def _optional(rest: str | None) -> str:
    return rf"(?:\.(?:{rest}))?" if rest else ""


def _escape(name: str) -> str:
    """Write a name so that dialects of regular expressions agree on it."""
    return _SPECIAL.sub(r"\\\g<0>", name)
