"""Where does the value of a setting come from?

In order: the environment, the application's settings under any of three names, the
defaults (python-api §4.2). Code then reads plain names only.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from pyramid.exceptions import ConfigurationError

from cliquet.settings.kinds import TEXT
from cliquet.settings.table import SETTINGS
from cliquet.text import environment_name, native_value

#: Prefix of settings, whatever the project.
PREFIX = "cliquet"


def load_default_settings(config: Any, default_settings: Mapping[str, Any]) -> None:
    """Complete the settings of a configurator, and resolve their prefixes.

    The settings are modified in place: each of them gets a name without prefix.
    Public: plugins call it from their own ``includeme``.

    Raises:
        ValueError: when two names of one setting have different values.
    """
    settings = config.get_settings()
    project_name = str(settings["project_name"])
    for key, default in sorted(default_settings.items()):
        names = _names(key, project_name)
        if not any(name in settings for name in names):
            settings[names[0]] = default
    for key, value in sorted(settings.items()):
        names = _names(key, project_name)
        override = _environment(names)
        if override is None:
            _check_conflicts(settings, names)
        settings[names[0]] = _native(names[0], value if override is None else override)
    config.add_settings(settings)


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse to start with a value that would fail later, at some request.

    Raises:
        ConfigurationError: which tells the setting, its value and what is expected.
    """
    for name, value in settings.items():
        setting = SETTINGS.get(name)
        if setting and value != setting.default and not setting.kind.accepts(value):
            raise ConfigurationError(
                f"Invalid value {value!r} for setting '{name}': "
                f"{setting.kind.expectation} is expected."
            )


def get_setting(settings: Mapping[str, Any], name: str) -> Any:
    """Answer the value of a setting of the table, or its default."""
    return settings.get(name, SETTINGS[name].default)


def _names(key: str, project_name: str) -> tuple[str, str, str]:
    """Name a setting without prefix, with the project's, and with ours."""
    prefix, dot, rest = key.partition(".")
    plain = rest if dot and prefix in {PREFIX, project_name} else key
    return plain, f"{project_name}.{plain}", f"{PREFIX}.{plain}"


def _environment(names: Iterable[str]) -> str | None:
    """Answer what the environment says of a setting: the last of its names wins."""
    value = None
    for name in names:
        value = os.environ.get(environment_name(name), value)
    return value


def _check_conflicts(settings: Mapping[str, Any], names: tuple[str, ...]) -> None:
    present = [name for name in dict.fromkeys(names) if name in settings]
    # Compared once read: a plugin that loads its defaults later on finds `True` under
    # the plain name, beside the `true` of the configuration file.
    values = {str(_native(names[0], settings[name])) for name in present}
    if len(values) > 1:
        quoted = ", ".join(f"'{name}'" for name in present)
        raise ValueError(f"Settings {quoted} are in conflict.")


def _native(name: str, value: Any) -> Any:
    native = native_value(value)
    setting = SETTINGS.get(name)
    is_number = isinstance(native, int | float) and not isinstance(native, bool)
    if setting and setting.kind is TEXT and is_number:
        # A version `1.10` is not `1.1`, a secret `0123` keeps its zero.
        return value if isinstance(value, str) else native
    return native
