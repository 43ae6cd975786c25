"""Where the value of a setting comes from, and which values are refused.

In order: the environment, the application's settings, the defaults. A setting has three
names: plain, with the prefix of the project, with ours. Code reads plain names only.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.settings import asbool

from cliquet.settings.environment import (
    find_patterned,
    is_spelt,
    names_of_resource,
)
from cliquet.settings.kinds import TEXT, is_number
from cliquet.settings.secrets import show_setting
from cliquet.settings.table import SETTINGS
from cliquet.text import aslist, environment_name, native_value
from cliquet.types import Settings

#: Prefix of settings, whatever the project.
PREFIX = "cliquet"


def load_default_settings(
    config: Configurator, default_settings: Mapping[str, Any]
) -> None:
    """Complete the settings of a configurator, and resolve their prefixes.

    The settings are modified in place: each of them gets a name without prefix.
    Plugins may call it from their own ``includeme``.

    Args:
        config: Its settings hold at least ``project_name``.
        default_settings: Values of the settings that have none, by any of their names.

    Raises:
        ValueError: Two names of one setting have different values.
    """
    settings = config.get_settings()
    project_name = str(settings["project_name"])
    declared = _declared_settings(config)
    for key, default in sorted(default_settings.items()):
        names = setting_names(key, project_name)
        declared.add(names[0])
        if not any(name in settings for name in names):
            settings[names[0]] = default
    for key in _find_in_environment(settings, project_name):
        # Its value is that of the variable, below.
        settings.setdefault(key, "")
    for key, value in sorted(settings.items()):
        names = setting_names(key, project_name)
        variable = environment_variable(names)
        if variable is None:
            _check_conflicts(settings, names)
        settings[names[0]] = _native(
            names[0], value if variable is None else os.environ[variable]
        )
    config.add_settings(settings)


def _declared_settings(config: Configurator) -> set[str]:
    """Return the settings that have a default, of the application or of plugins too."""
    registry = getattr(config, "registry", None)
    if registry is None:
        return set()
    declared: set[str] = vars(registry).setdefault("declared_settings", set())
    return declared


def _find_in_environment(settings: Settings, project_name: str) -> list[str]:
    """Return the settings that have a variable, and may have no value otherwise.

    Variables without prefix are read for the settings of 3.1 only, all of which have a
    default: `VARY` or `SENTRY_DSN` may be there for others.
    """
    prefixes = [prefix for prefix in (project_name, PREFIX) if prefix]
    plain = [
        name
        for name in SETTINGS
        if any(environment_name(f"{each}.{name}") in os.environ for each in prefixes)
    ]

    def listed(setting: str) -> list[str]:
        names = setting_names(setting, project_name)
        variable = environment_variable(names)
        given = (settings[name] for name in names if name in settings)
        value = next(given, "") if variable is None else os.environ[variable]
        # The last part of a dotted path is the name of a listener.
        return [str(name).rpartition(".")[2] for name in aslist(native_value(value))]

    return [*plain, *find_patterned(os.environ, (project_name, PREFIX), listed)]


def load_settings_of_resource(
    settings: Settings, resource: str, permissions: Iterable[str]
) -> None:
    """Read the settings of a resource from variables that cannot spell its name.

    The others are read before it is known which resources there are.
    """
    if is_spelt(resource):
        return
    project_name = str(settings.get("project_name") or PREFIX)
    for name in sorted(names_of_resource(resource, permissions)):
        _, *prefixed = setting_names(name, project_name)
        variable = environment_variable(prefixed)
        if variable is not None:
            settings[name] = _native(name, os.environ[variable])


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse to start with a value that would fail later, at some request.

    Raises:
        ConfigurationError: With the setting, its value and what is expected.
    """
    for name, value in settings.items():
        setting = SETTINGS.get(name)
        if setting and value != setting.default and not setting.kind.accepts(value):
            raise invalid_setting(name, value, setting.kind.expectation)
    hides = asbool(get_setting(settings, "hide_permissions"))
    if hides and not asbool(get_setting(settings, "private_responses")):
        raise ConfigurationError(
            "Setting 'hide_permissions' needs 'private_responses': browsers would show"
            " the permissions that another user was answered."
        )


def invalid_setting(name: str, value: Any, expected: str) -> ConfigurationError:
    """Return the error of a setting whose value cannot be used."""
    shown = show_setting(name, repr(value))
    if name.endswith("_url") and isinstance(value, list | tuple | dict):
        # Its parts are no URL, where passwords are found.
        shown = f"(a {type(value).__name__})"
    return ConfigurationError(
        f"Invalid value {shown} for setting '{name}': {expected} is expected."
    )


def get_setting(settings: Mapping[str, Any], name: str) -> Any:
    """Return the value of a setting of the table, or its default."""
    return settings.get(name, SETTINGS[name].default)


def setting_names(key: str, project_name: str) -> tuple[str, str, str]:
    """Return the three names of a setting, given one of them: the plain one first."""
    prefix, dot, rest = key.partition(".")
    plain = rest if dot and prefix in {PREFIX, project_name} else key
    return plain, f"{project_name}.{plain}", f"{PREFIX}.{plain}"


def environment_variable(names: Sequence[str]) -> str | None:
    """Return the variable that sets a setting, if any: that of its last name wins."""
    variables = (environment_name(name) for name in reversed(names))
    return next((name for name in variables if name in os.environ), None)


def _check_conflicts(settings: Mapping[str, Any], names: Sequence[str]) -> None:
    present = [name for name in dict.fromkeys(names) if name in settings]
    # Compared once read: a plugin that loads its defaults later on finds `True` under
    # the plain name, beside the `true` of the configuration file.
    values = {str(_native(names[0], settings[name])) for name in present}
    if len(values) > 1:
        quoted = ", ".join(f"'{name}'" for name in present)
        raise ValueError(f"Settings {quoted} are in conflict.")


def _native(name: str, value: Any) -> Any:
    native = native_value(value)
    is_text = name in SETTINGS and SETTINGS[name].kind is TEXT
    # A version `1.10` is not `1.1`, a secret `0123` keeps its zero.
    return value if is_text and is_number(native) else native


def is_debug(settings: Mapping[str, Any]) -> bool:
    """Return whether developers alone use this deployment: `pyramid.debug_all`."""
    return bool(asbool(settings.get("debug_all")))
