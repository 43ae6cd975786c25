"""Which settings the environment gives, of those whose names have a part of one's own.

The others are looked up by their names: see `cliquet.settings.loading`.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from cliquet.settings.patterns import PATTERNS
from cliquet.text import environment_name

#: Lists of names, and what begins the settings of each name.
_METHODS = ("get", "post", "put", "patch", "delete")
_LISTED = {
    "event_listeners": "event_listeners",
    "multiauth.policies": "multiauth.policy",
}


def _choices(part: str) -> str:
    """Return the expression of a part of a pattern, whose `|` was escaped."""
    choices = part.split(r"\|")
    if part == "backend":
        choices = ["storage", "cache", "permission"]
    return f"(?:{'|'.join(choices)})" if len(choices) > 1 else ".+"


_PATTERN = re.compile(
    "|".join(
        re.sub(r"<([^>]*)>", lambda found: _choices(found[1]), re.escape(pattern))
        for pattern in PATTERNS
    )
)


def is_patterned(name: str) -> bool:
    """Return whether a plain name is that of a setting with a part of one's own."""
    return _PATTERN.fullmatch(name) is not None


def names_of_resource(resource: str, permissions: Iterable[str]) -> set[str]:
    """Return the plain names of all settings of a resource.

    Args:
        resource: Its name.
        permissions: Names of the permissions on its records and collection.
    """
    return {
        f"{resource}_cache_expires_seconds",
        *(f"{resource}_{permission}_principals" for permission in permissions),
        *(
            f"{kind}_{resource}_{method}_enabled"
            for kind in ("collection", "record")
            for method in _METHODS
        ),
    }


def is_spelt(resource: str) -> bool:
    """Return whether a variable has the name of a resource in full.

    Otherwise, of `my-Thing` it has `MY_THING`.
    """
    return environment_name(resource).lower() == resource


def find_patterned(
    variables: Iterable[str],
    prefixes: Iterable[str],
    listed: Callable[[str], list[str]],
) -> Iterator[str]:
    """Yield the plain names of patterned settings that variables are for.

    Args:
        variables: Names in the environment.
        prefixes: Of settings, of which one begins the name of each variable.
        listed: Returns what a setting lists: names of listeners or policies.
    """
    dotted = {
        environment_name(f"{begin}.{name}."): f"{begin}.{name}."
        for setting, begin in _LISTED.items()
        for name in listed(setting)
    }
    starts = [environment_name(f"{each}.") for each in prefixes if each]
    for variable in variables:
        for plain in _without(variable, starts):
            option = next(_options(plain, dotted), None)
            name = option or plain.lower()
            if option or (is_patterned(name) and "." not in name):
                yield name


def _without(variable: str, starts: list[str]) -> Iterator[str]:
    for start in starts:
        if variable.startswith(start):
            yield variable.removeprefix(start)


def _options(plain: str, dotted: dict[str, str]) -> Iterator[str]:
    for start, begin in dotted.items():
        if plain.startswith(start) and plain != start:
            yield begin + plain.removeprefix(start).lower()
