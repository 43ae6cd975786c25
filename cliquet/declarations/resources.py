"""Classes that are registered as resources, and what `register` is given for them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from pyramid.exceptions import ConfigurationError

from cliquet.declarations.report import describe
from cliquet.dotted import nearest, suggest

#: Arguments of views, by method: they need not be there.
_VIEW_ARGUMENTS = re.compile(
    r"(?:default|collection|record)_(?:get|head|post|put|patch|delete|options)_arguments"
)
_SINGLE_BRACES = re.compile(
    r"(?<!\{)\{(?!resource_name\b)([^\W\d]\w*(?::(?:[^{}]|\{[^{}]*\})*)?)\}(?!\})"
)
_BETWEEN = re.compile(r"[\s,]+")
_VARIABLE = re.compile(r"\{(\w+)")
#: A variable that has to match something.
_PATTERN = re.compile(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}")
#: Methods that give a resource another record than that of the URL.
_FINDING = ("__init__", "_find", "_check_id", "_get_record_or_404", "get")


def check_class(resource_cls: Any) -> None:
    """Refuse what is no resource, where no viewset is given.

    Raises:
        ConfigurationError: With the class.
    """
    if not hasattr(resource_cls, "default_viewset"):
        raise ConfigurationError(
            f"{describe(resource_cls)} is no resource: register() is for subclasses of "
            "UserResource and ShareableResource."
        )


def check_depth(depth: Any) -> None:
    """Refuse `register` without parentheses: it would take the class for its depth.

    Raises:
        ConfigurationError: With the class.
    """
    if isinstance(depth, type):
        raise ConfigurationError(
            f"{describe(depth)} is decorated by register without parentheses: write "
            "@resource.register()."
        )


def find_unknown(
    viewset: Any, given: Mapping[str, Any], resource_cls: Any, is_standard: bool
) -> Iterator[str]:
    """Yield what is wrong with the keywords that `register` was given.

    Args:
        viewset: That of the resource.
        given: The keywords.
        resource_cls: The class.
        is_standard: The viewset has no attributes of its own: nobody reads any other.
    """
    known = [name for name in dir(type(viewset)) if not name.startswith("_")]
    known.append("name")
    for keyword in given:
        if keyword in known or _VIEW_ARGUMENTS.fullmatch(keyword):
            continue
        near = nearest(keyword, known, cutoff=0.6 if is_standard else 0.85)
        if near or is_standard:
            yield (
                f"{describe(resource_cls)}: register() knows no {keyword!r}, which "
                f"changes nothing.{suggest(keyword, known)}"
            )
    for keyword in ("validate_schema_for", "readonly_methods"):
        value = getattr(viewset, keyword, ())
        if isinstance(value, str):
            yield (
                f"{describe(resource_cls)}: {keyword} is a text, read letter by letter"
                f": write {keyword}={_as_tuple(value)}."
            )


def format_path(viewset: Any, endpoint_type: str, resource_cls: Any, name: str) -> str:
    """Return the path of an endpoint, in which the name of the resource is filled in.

    Raises:
        ConfigurationError: Its braces do not match.
    """
    attribute = f"{endpoint_type}_path"
    template = getattr(viewset, attribute)
    # What 3.1 understands is read as it was there.
    doubled = _SINGLE_BRACES.sub(_double, template)
    for written in (template, doubled):
        with suppress(KeyError, IndexError, ValueError):
            return str(written.format(resource_name=name))
    raise ConfigurationError(
        f"{describe(resource_cls)}: {attribute}={template!r} has braces that do not "
        "match. Write variables as in '/tasks/{id}'."
    )


def _double(variable: re.Match[str]) -> str:
    return variable.group().replace("{", "{{").replace("}", "}}")


def has_single_braces(viewset: Any) -> bool:
    """Return whether a path has variables that 3.1 did not know, in single braces."""
    paths = (viewset.collection_path, viewset.record_path)
    return any(map(_SINGLE_BRACES.search, paths))


def scope_of(collection_path: str) -> str:
    """Return the path that collections of one resource are told apart by.

    That is up to the last variable; nothing if there is but one collection.
    """
    segments = collection_path.split("/")
    while segments and "{" not in segments[-1]:
        segments.pop()
    return "/".join(segments)


def without_patterns(path: str) -> str:
    """Return a path without the regular expressions of its variables."""
    return _PATTERN.sub(r"{\1}", path)


def check_parent(resource_cls: Any, parent: Any) -> None:
    """Refuse a parent that is no resource.

    Raises:
        ConfigurationError: With the class.
    """
    if parent is None or isinstance(parent, str) or hasattr(parent, "default_viewset"):
        return
    raise ConfigurationError(
        f"{describe(resource_cls)}: parent={describe(parent)} is no resource: write "
        "its class, or its name."
    )


def find_lost_ids(
    viewset: Any, resource_cls: Any, bases: Iterable[type]
) -> Iterator[str]:
    """Yield that the path of records has no id, unless the class finds them without.

    Args:
        viewset: That of the resource.
        resource_cls: The class.
        bases: The classes whose methods look for the record of the URL.
    """
    names = _VARIABLE.findall(viewset.record_path)
    own = any(
        all(getattr(resource_cls, name) is not getattr(base, name) for base in bases)
        for name in _FINDING
    )
    if "id" not in names and viewset.record_methods and not own:
        yield (
            f"{describe(resource_cls)}: record_path={viewset.record_path!r} has no "
            "{id}, so that each request of a record is a 400: end it with '/{id}'."
            f"{suggest('id', names, cutoff=0.5)}"
        )


def check_methods(
    viewset: Any, endpoint_type: str, resource_cls: Any
) -> tuple[str, ...]:
    """Return the methods of an endpoint.

    Raises:
        ConfigurationError: They are a text, or the class does not have one of them.
    """
    attribute = f"{endpoint_type}_methods"
    methods = getattr(viewset, attribute)
    if isinstance(methods, str):
        raise ConfigurationError(
            f"{describe(resource_cls)}: {attribute} is a text, where a tuple is meant: "
            f"write {attribute}={_as_tuple(methods)}."
        )
    for method in methods:
        view = viewset.get_view(endpoint_type, method.lower())
        if isinstance(view, str) and not hasattr(resource_cls, view):
            known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
            near = suggest(method, [each for each in known if each != method])
            raise ConfigurationError(
                f"{describe(resource_cls)}: {attribute} has {method!r}, for which the "
                f"class has no method {view}().{near}"
            )
    return tuple(methods)


def _as_tuple(text: str) -> str:
    words = _BETWEEN.split(text.strip())
    listed = ", ".join(f'"{word}"' for word in words)
    return f"({listed},)" if len(words) == 1 else f"({listed})"
