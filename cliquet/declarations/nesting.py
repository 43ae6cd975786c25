"""Resources below others: which one is the parent of which, as `register` was told."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

from pyramid.exceptions import ConfigurationError

from cliquet.declarations.report import describe
from cliquet.dotted import suggest
from cliquet.types import Registry

Method = TypeVar("Method", bound=Callable[..., Any])

_VARIABLE = re.compile(r"\{(\w+)\}")
_FOLLOWS_PATH: set[Callable[..., Any]] = set()
_IS_OF_USER: set[Callable[..., Any]] = set()


def follows_path(method: Method) -> Method:
    """Note a `get_parent_id` that tells nested collections apart by their paths."""
    _FOLLOWS_PATH.add(method)
    return method


def is_of_user(method: Method) -> Method:
    """Note a `get_parent_id` that gives each user their own records, besides."""
    _IS_OF_USER.add(method)
    return follows_path(method)


def belongs_to_users(resource_cls: Any) -> bool:
    """Return whether each user has records of their own of a resource."""
    return getattr(resource_cls, "get_parent_id", None) in _IS_OF_USER


class Branch(NamedTuple):
    """A resource that is below another one.

    Attributes:
        name: Its name.
        collection: The service of its collection.
        parent: The service of the records that it is below.
        variables: Those of the path of the collection, by the names that they have in
            the path of the record.
    """

    name: str
    collection: Any
    parent: Any
    variables: Mapping[str, str]

    @property
    def rest(self) -> str:
        """The path from the record to the collection."""
        depth = self.parent.record_path.count("/") + 1
        segments = self.collection.collection_path.split("/")[depth:]
        return "".join(f"/{segment}" for segment in segments)

    def values_of_parent(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the variables of the path of the record above."""
        return {name: values[other] for name, other in self.variables.items()}

    @property
    def adds_user(self) -> bool:
        """Whether records of each user are below one record of all users."""
        own, above = self.collection.resource, self.parent.resource
        return belongs_to_users(own) and not belongs_to_users(above)


class Tree:
    """Which resources are below which.

    Args:
        services: Of Cornice; those of resources count.

    Raises:
        ConfigurationError: A resource cannot be below its parent.
    """

    def __init__(self, services: Iterable[Any]) -> None:
        resources = [each for each in services if hasattr(each, "resource_name")]
        self._records = {
            each.resource_name: each for each in resources if each.type == "record"
        }
        self._above: dict[str, Branch] = {}
        self._below: dict[str, list[Branch]] = {}
        for service in resources:
            branch = self._find_branch(service)
            if branch is not None:
                self._above[branch.name] = branch
                above = branch.parent.resource_name
                self._below.setdefault(above, []).append(branch)

    @classmethod
    def of(cls, registry: Registry) -> "Tree":
        """Return that of an application, which is put together once."""
        services = getattr(registry, "cornice_services", None) or {}
        known: Any = vars(registry).get("resource_tree")
        if not isinstance(known, tuple) or known[0] != len(services):
            # Tests register resources once an application has served requests.
            known = (len(services), cls(list(services.values())))
            vars(registry)["resource_tree"] = known
        found: Tree = known[1]
        return found

    def above(self, name: str) -> Branch | None:
        """Return how a resource is below another one, if it is."""
        return self._above.get(name)

    def below(self, name: str) -> list[Branch]:
        """Return the resources right below another one."""
        return self._below.get(name, [])

    def _find_branch(self, service: Any) -> Branch | None:
        """Return how a resource is below another one, if it is.

        That is the one that it names, else the one whose records its path begins with.
        Paths of 3.1, in double braces, and parents of an application's own say nothing.
        """
        if not getattr(service, "is_first", False):
            return None
        if service.parent is not None:
            parent = self._find_parent(service)
            branch = _fit(service, parent)
            if branch is None:
                raise _misplaced(service, parent)
            if service.resource.get_parent_id not in _FOLLOWS_PATH:
                raise ConfigurationError(
                    f"{describe(service.resource)} has a parent, and a get_parent_id() "
                    "of its own: remove one of them. A parent is enough to keep the "
                    "records of each apart."
                )
        else:
            branch = self._find_above(service)
        if branch is not None:
            _check_users(branch)
        return branch

    def _find_above(self, service: Any) -> Branch | None:
        if (
            service.scope_path is None
            or service.resource.get_parent_id not in _FOLLOWS_PATH
        ):
            return None
        several = (
            each
            for each in self._records.values()
            if _VARIABLE.fullmatch(each.record_path.rpartition("/")[2])
        )
        return next(filter(None, (_fit(service, each) for each in several)), None)

    def _find_parent(self, service: Any) -> Any:
        who, wanted = describe(service.resource), service.parent
        if isinstance(wanted, str):
            found = self._records.get(wanted)
            if found is not None:
                return found
            raise ConfigurationError(
                f"{who}: parent={wanted!r} is no resource that is registered."
                f"{suggest(wanted, self._records)}"
            )
        records = self._records.items()
        names = [name for name, each in records if each.resource is wanted]
        if len(names) == 1:
            return self._records[names[0]]
        several = f"registered as {', '.join(map(repr, names))}: write one of these"
        remedy = several if names else "no resource that is registered"
        raise ConfigurationError(f"{who}: parent={describe(wanted)} is {remedy}.")


def read_values(template: str, path: str) -> dict[str, str]:
    """Return the variables of a path, decoded.

    Args:
        template: A path with variables in braces, each of them a segment.
        path: The quoted path.
    """
    matches = ((_VARIABLE.fullmatch(own), text) for own, text in _pairs(template, path))
    return {found.group(1): unquote(text) for found, text in matches if found}


def _pairs(one: str, other: str) -> Iterator[tuple[str, str]]:
    """Yield the segments of two paths by pairs, as far as the first one goes."""
    segments = other.split("/")
    for position, segment in enumerate(one.split("/")):
        yield segment, segments[position] if position < len(segments) else ""


def _fit(service: Any, parent: Any) -> Branch | None:
    """Return how a resource is right below the records of another one, if it is."""
    pairs = list(_pairs(parent.record_path, service.collection_path))
    variables = {
        own.group(1): other.group(1)
        for own, other in (map(_VARIABLE.fullmatch, pair) for pair in pairs)
        if own and other
    }
    branch = Branch(service.resource_name, service, parent, variables)
    fits = all(own == other or own[:1] == other[:1] == "{" for own, other in pairs)
    return branch if fits and branch.rest and "{" not in branch.rest else None


def _misplaced(service: Any, parent: Any) -> ConfigurationError:
    name = parent.resource_name
    beginning = parent.record_path.replace("{id}", f"{{{name}_id}}")
    return ConfigurationError(
        f"{describe(service.resource)}: {service.type}_path="
        f"{service.collection_path!r} is not below the records of its parent {name!r}: "
        f"write '{beginning}/{service.resource_name}s', for instance."
    )


def _check_users(branch: Branch) -> None:
    """Refuse a resource whose records could be found below another parent."""
    own, above = branch.collection.resource, branch.parent.resource
    if hasattr(own, "permissions") and belongs_to_users(above):
        raise ConfigurationError(
            f"{describe(own)} is shareable, but its parent {describe(above)} is not: "
            "users have records of their own there, of the same path. Derive the "
            "parent from ShareableResource, or the other one from UserResource."
        )
