"""Objects that settings name by dotted paths, and libraries that are optional.

Every dotted name of a setting is resolved by :func:`resolve`: what cannot be found is
told with the setting, the name, and what was probably meant.
"""

import difflib
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from pyramid.exceptions import ConfigurationError


class DottedNameError(ConfigurationError, ImportError):
    """A setting names what cannot be imported: 3.1 raised `ImportError` for it."""


class MissingLibraryError(ConfigurationError, ImportWarning):
    """An optional library is not installed: 3.1 raised `ImportWarning` for one."""


# --- Optional libraries ----------------------------------------------------------


def require(found: Any, library: str, needed_by: str, extra: str) -> Any:
    """Return an optional library.

    Args:
        found: The library, or None where it could not be imported.
        library: Its name.
        needed_by: What does not work without it, at the beginning of a sentence.
        extra: The extra of Cliquet that installs it.

    Raises:
        MissingLibraryError: it is not installed.
    """
    if found is None:
        raise MissingLibraryError(_missing(library, needed_by, extra))
    return found


def _missing(library: str, needed_by: str, extra: str) -> str:
    return f"{needed_by} needs the '{library}' library: pip install 'cliquet[{extra}]'."


#: Libraries that a URL may ask for, and the module of an engine does not need.
_EXTRAS = {"psycopg": "psycopg"}


def extra_of(name: str) -> str | None:
    """Return the extra that a module of an engine needs, None for one of others."""
    return name.rpartition(".")[2] if name.startswith("cliquet.") else None


@contextmanager
def naming_the_extra(needed_by: str, extra: str | None) -> Iterator[None]:
    """Have what cannot be imported in this block say which extra installs it.

    Libraries that are installed and fail tell by themselves what is wrong.

    Args:
        needed_by: What does not work without it, at the beginning of a sentence.
        extra: The extra of Cliquet that installs it, None if none does.

    Raises:
        MissingLibraryError: a library is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        library = error.name or "cliquet"
        if extra is None or f"{library}.".startswith("cliquet."):
            raise
        extra = _EXTRAS.get(library, extra)
        raise MissingLibraryError(_missing(library, needed_by, extra)) from error


# --- Dotted names ----------------------------------------------------------------


def resolve(config: Any, setting: str, name: Any, extra: str | None = None) -> Any:
    """Return the object that a setting names.

    Args:
        config: The configurator, whose package relative names start from.
        setting: Name of the setting.
        name: Its value, or one of its values; what is no text is returned as it is.
        extra: The extra of Cliquet that installs what the object needs, if any.

    Raises:
        DottedNameError: There is no such object, or its module fails.
        MissingLibraryError: A library is not installed.
    """
    if not isinstance(name, str):
        return name
    with explaining(setting, name, extra, Exception):
        return config.maybe_dotted(name)


@contextmanager
def explaining(
    setting: str,
    name: str,
    extra: str | None = None,
    kind: type[Exception] = ImportError,
) -> Iterator[None]:
    """Have what cannot be imported in this block name the setting that asks for it.

    Args:
        setting: Name of the setting.
        name: Its value, or one of its values.
        extra: The extra of Cliquet that installs what is imported, if any.
        kind: Class of the errors that the block raises for what it cannot import.

    Raises:
        DottedNameError: There is no such object, or its module fails.
        MissingLibraryError: A library is not installed.
    """
    try:
        with naming_the_extra(f"Setting '{setting}'", extra):
            yield
    except ConfigurationError:
        raise
    except kind as error:
        asks = f"Setting '{setting}' asks for {name!r}"
        if _is_missing(error, name):
            raise DottedNameError(f"{asks}: {_what_is_missing(name)}") from error
        what = f"{type(error).__name__}: {error}"
        raise DottedNameError(f"{asks}, which fails: {what}") from error


def find_function(module: Any, function: str, setting: str, name: str) -> Any:
    """Return a function that the module named by a setting must have.

    Args:
        module: What the setting names.
        function: The function, with its arguments as they are explained.
        setting: Name of the setting.
        name: Its value.

    Raises:
        DottedNameError: The module has none.
    """
    found = getattr(module, function.partition("(")[0], None)
    if found is None:
        raise DottedNameError(
            f"Setting '{setting}' asks for {name!r}: it has no function {function}."
        )
    return found


def suggest(name: str, known: Iterable[Any], cutoff: float = 0.6) -> str:
    """Return a question that ends a sentence, empty if no known name is near.

    Names are compared without regard to case.
    """
    near = nearest(name, known, cutoff)
    return f" Did you mean {near!r}?" if near else ""


def nearest(name: str, known: Iterable[Any], cutoff: float = 0.6) -> str | None:
    """Return the known name that is most like another one, if there is any."""
    known = [str(each) for each in known]
    by_lower = {each.lower() for each in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=cutoff)
    # Of several that differ by case, the one that is most like it.
    same = [each for each in known if [each.lower()] == found]
    return next(iter(difflib.get_close_matches(name, same, n=1, cutoff=0)), None)


def _is_missing(error: Exception, name: str) -> bool:
    """Return whether an error says that a name, or what begins it, does not exist.

    Otherwise something fails inside of a module that does.
    """
    if not isinstance(error, ImportError):
        return False
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{_path(name)}.".startswith(f"{error.name}.")
    return error.name is None


def _path(name: str) -> str:
    return name.strip().replace(":", ".")


def _what_is_missing(name: str) -> str:
    """Return what a dotted name goes wrong at, and what may be meant."""
    begin, names = None, _path(name).split(".")
    for position, each in enumerate(names):
        found = _member(begin, ".".join(names[: position + 1]), each)
        if found is None:
            place = ".".join(names[:position])
            near = nearest(each, _members_of(begin))
            told = f"there is no {each!r}" + (f" in {place!r}." if place else ".")
            meant = ".".join(filter(None, [place, near]))
            return f"{told} Did you mean {meant!r}?" if near else told
        begin = found
    return "it cannot be found."


def _member(parent: Any, path: str, name: str) -> Any:
    found = None if parent is None else getattr(parent, name, None)
    if found is None:
        try:
            found = import_module(path)
        except (ImportError, ValueError):
            return None
    return found


def _members_of(parent: Any) -> list[str]:
    """Return what the next part of a dotted name could be."""
    folders = None if parent is None else getattr(parent, "__path__", ())
    modules = [each.name for each in pkgutil.iter_modules(folders)]
    if parent is None:
        return [*modules, *sys.builtin_module_names]
    return [name for name in [*dir(parent), *modules] if not name.startswith("_")]
