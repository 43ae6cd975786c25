"""The command ``cliquet check``: whether the service could run, and how it is set."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from configparser import InterpolationError
from typing import Any

from pyramid.authentication import (
    AuthTktAuthenticationPolicy,
    SessionAuthenticationPolicy,
)
from pyramid.paster import bootstrap, get_appsettings
from pyramid.settings import asbool

from cliquet.authentication import UNPROTECTED, lacks_secret, policies_of
from cliquet.declarations.report import warnings_of
from cliquet.declarations.start import UNREAD, find_odd_settings, without_tables
from cliquet.headers import header_names
from cliquet.scripts.answers import try_backends
from cliquet.settings import SETTINGS, get_setting, is_patterned, show_setting
from cliquet.settings.loading import PREFIX, environment_variable, setting_names
from cliquet.text import aslist, environment_name
from cliquet.types import Registry, Settings

#: Policies that are known to read cookies.
_READ_COOKIES = (AuthTktAuthenticationPolicy, SessionAuthenticationPolicy)
_IS_UNVARIED = (
    "Policy {} reads {}, and vary does not say so: caches may give the answer of one "
    "user to another. It has to name {}, too."
)


def run(ini_file: str) -> int:
    """Explain settings and try backends; return 0 if the service could run."""
    logging.getLogger().setLevel(logging.CRITICAL)
    try:
        given = get_appsettings(ini_file)
        with without_tables():
            env = bootstrap(ini_file)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it would not start
        print(f"The application does not start: {describe_error(error)}")
        return 1
    registry = env["registry"]
    settings = registry.settings
    _print("Settings that differ from their defaults", _explain(settings, given))
    odd = find_odd_settings(registry)
    found = (
        *(told for told in warnings_of(registry) if not told.startswith(UNREAD)),
        *(str(each) for each in odd if not each.is_sure),
        *_find_unread(settings),
        *_find_unsafe(registry),
    )
    _print("Warnings", found)
    errors = [str(each) for each in odd if each.is_sure]
    _print("Errors", errors)
    answers, is_well = try_backends(registry, env["request"])
    _print("Backends", answers)
    if not is_well:
        print("The service could not run.")
        if any("cliquet migrate" in line for line in answers):
            print(f"First: cliquet --ini {ini_file} migrate")
        return 1
    if errors:
        print("The service could run, but not as these settings want it.")
        return 1
    if lacks_secret(registry):
        print("The service could run, but must not: userid_hmac_secret is no secret.")
        return 1
    print("The service could run.")
    return 0


def describe_error(error: Exception) -> str:
    """Return why an application does not start, without what its file holds."""
    if isinstance(error, InterpolationError):
        # The message ends with the rest of the line: a password, often.
        return (
            f"setting {error.option!r} in section [{error.section}] of the ini file: "
            "write each % twice, as %%."
        )
    return f"{type(error).__name__}: {error}"


def _print(title: str, lines: Iterable[str]) -> None:
    print(f"{title}:")
    for line in list(lines) or ["none"]:
        print(f"  {line}")
    print()


def _explain(settings: Settings, given: Mapping[str, Any]) -> Iterator[str]:
    project_name = str(settings["project_name"])
    for name in sorted(filter(_is_known, settings)):
        names = setting_names(name, project_name)
        # With a prefix, it is there a second time without.
        value = settings[name]
        if name != names[0]:
            continue
        if name not in SETTINGS or value != SETTINGS[name].default:
            source = "file" if any(each in given for each in names) else "application"
            if variable := environment_variable(names):
                source = f"environment, {variable}"
            yield f"{name} = {show_setting(name, value)}  ({source})"


def _is_known(name: str) -> bool:
    return name in SETTINGS or is_patterned(name)


def _find_unread(settings: Settings) -> Iterator[str]:
    """Yield the variables with a prefix of settings that are for none of them."""
    project_name = str(settings["project_name"])
    prefixes = tuple(
        environment_name(f"{each}.") for each in (PREFIX, project_name) if each
    )
    known = {
        environment_name(name)
        for key in (*SETTINGS, *settings)
        for name in setting_names(key, project_name)
    }
    for variable in sorted(os.environ):
        if variable.startswith(prefixes) and variable not in known:
            yield f"The environment variable {variable} is for no setting."


def _find_unsafe(registry: Registry) -> Iterator[str]:
    settings = registry.settings
    if lacks_secret(registry):
        yield UNPROTECTED
    if "*" in aslist(get_setting(settings, "cors_origins")):
        yield "cors_origins = *: any web page may call this service."
    if settings.get("error_info_link") == SETTINGS["error_info_link"].default:
        yield (
            "error_info_link is that of 3.1: clients that meet an error 500 are sent "
            "to the issues of its authors. Set your own, or nothing."
        )
    if asbool(settings.get("debug_all")):
        yield "pyramid.debug_all: clients that meet an error 500 are shown its place."
    yield from _find_cookies(registry)
    for kind in ("storage", "cache", "permission"):
        if str(settings.get(f"{kind}_backend", "")).endswith(".memory"):
            yield f"{kind}_backend keeps everything in memory, and forgets it at exit."


def _find_cookies(registry: Registry) -> Iterator[str]:
    """Yield the policies that tell users apart by what caches do not look at."""
    varies = {name.lower() for name in header_names(registry.settings.get("vary"))}
    for name, policy in policies_of(registry):
        if isinstance(policy, _READ_COOKIES) and not varies & {"cookie", "*"}:
            yield _IS_UNVARIED.format(name, "cookies", "Cookie")
        for header in getattr(policy, "reads_headers", ()):
            if not varies & {header.lower(), "*"}:
                yield _IS_UNVARIED.format(name, header, header)
