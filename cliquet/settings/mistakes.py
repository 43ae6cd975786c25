"""Settings that nothing reads, and that somebody meant to be read.

Names with a part of one's own (docs: mistakes) are compared with the resources,
listeners and policies that there are; others with the names of the table.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cliquet.dotted import nearest, suggest
from cliquet.settings.environment import is_patterned, names_of_resource
from cliquet.settings.loading import PREFIX, setting_names
from cliquet.settings.patterns import PATTERNS
from cliquet.settings.table import SETTINGS
from cliquet.text import environment_name

_KINDS = ("storage", "cache", "permission")
_OPTIONS = ("use", "actions", "resources", "delivery")
#: Settings of PasteDeploy, Pyramid and its plugins.
_OTHERS = re.compile(r"here|use|__.*|(?:pyramid|tm|retry|debugtoolbar|mail|jinja2)\..*")
#: Prefixes of others that settings of the table have, too.
_SHARED = ("tm.", "retry.")
_ENDS = ("_principals", "_cache_expires_seconds", "_enabled")


@dataclass(frozen=True, slots=True)
class Known:
    """What settings may be about.

    Attributes:
        project_name: The prefix of settings that is not ours.
        resources: Names of permissions, by name of resource.
        listeners: Those that `event_listeners` lists.
        policies: Those that `multiauth.policies` lists.
        declared: Settings of the application or of a plugin, with defaults.
    """

    project_name: str
    resources: Mapping[str, Collection[str]]
    listeners: Collection[str]
    policies: Collection[str]
    declared: Collection[str]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A setting that nothing reads.

    Attributes:
        name: As it was given.
        sentence: What is wrong, after the name.
        is_sure: It is near to one that would be read.
    """

    name: str
    sentence: str
    is_sure: bool

    def __str__(self) -> str:
        return f"{self.name} {self.sentence}"


def find_mistakes(given: Mapping[str, Any], known: Known) -> list[Mistake]:
    """Return the settings that nothing reads, of those that were given.

    Args:
        given: By any of their names.
        known: What they may be about.
    """
    shown: dict[str, str] = {}
    for name in sorted(given):
        plain = setting_names(name, known.project_name)[0]
        # The name that somebody wrote: it has a prefix, if there are both.
        if plain not in shown or name != plain:
            shown[plain] = name
    found = []
    for plain, name in shown.items():
        if plain in SETTINGS:
            continue
        is_ours = name.startswith(f"{PREFIX}.")
        if _OTHERS.fullmatch(plain):
            if plain.startswith(_SHARED) and nearest(plain, SETTINGS, cutoff=0.9):
                found.append(Mistake(name, _find_typo(plain, is_ours=is_ours), is_ours))
            continue
        said = _find_misplaced(plain, known)
        if said is None:
            said = _find_lost(plain, known)
        if said is None and plain not in known.declared and not is_patterned(plain):
            said = _find_typo(plain, is_ours=is_ours)
        if said:
            found.append(Mistake(name, said, is_sure="Did you" in said))
    return found


def _find_misplaced(name: str, known: Known) -> str | None:
    """Return what is wrong with an option of a listener or policy, None for others."""
    if name.startswith("multiauth.policy."):
        own, _, option = name.removeprefix("multiauth.policy.").partition(".")
        return _find_unlisted(own, "multiauth.policies", known.policies)
    if not name.startswith("event_listeners."):
        return None
    own, _, option = name.removeprefix("event_listeners.").partition(".")
    near = nearest(option, _OPTIONS, cutoff=0.8)
    if own in known.listeners and near and near != option:
        return f"is not read. Did you mean 'event_listeners.{own}.{near}'?"
    return _find_unlisted(own, "event_listeners", known.listeners)


def _find_unlisted(own: str, setting: str, listed: Collection[str]) -> str:
    if own in listed:
        return ""
    return f"is not read: '{setting}' does not list {own!r}.{suggest(own, listed)}"


def _find_lost(name: str, known: Known) -> str | None:
    """Return what is wrong with a setting of a resource, None for others."""
    resources = known.resources
    if not resources or not name.endswith(_ENDS):
        return None
    good: set[str] = set()
    for each, permissions in resources.items():
        good |= names_of_resource(each, permissions)
        # As variables have it, from which it is read where it is registered.
        good |= names_of_resource(environment_name(each).lower(), permissions)
    if name in good:
        return ""
    # The end is the same for all, and would make any two of them near.
    end = next(each for each in _ENDS if name.endswith(each))
    stems = [each.removesuffix(end) for each in good if each.endswith(end)]
    near = nearest(name.removesuffix(end), stems, cutoff=0.85)
    if near:
        return f"is for no resource. Did you mean {near + end!r}?"
    if name in known.declared or not is_patterned(name):
        return None
    owner = next((each for each in resources if name.startswith(f"{each}_")), None)
    if owner and name.endswith("_principals"):
        permissions = ", ".join(resources[owner])
        return f"is not read: the permissions of {owner!r} are {permissions}."
    return f"is for no resource: they are {', '.join(sorted(resources))}."


@lru_cache(maxsize=500)
def _find_typo(name: str, *, is_ours: bool) -> str:
    """Return that a name is like one of the table, or has a prefix in vain."""
    near = nearest(name, _plain_names(), cutoff=0.6 if is_ours else 0.85)
    if near:
        return f"is no setting of Cliquet. Did you mean {near!r}?"
    return "is no setting of Cliquet." if is_ours else ""


def _plain_names() -> list[str]:
    """Return the names that are like no resource's."""
    backends = [
        pattern.replace("<backend>", kind)
        for pattern in PATTERNS
        if pattern.startswith("<backend>")
        for kind in _KINDS
    ]
    return [*SETTINGS, *backends]
