"""Could the service run, and with which settings? (``cliquet check``)"""

import difflib
import logging
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from pyramid.paster import bootstrap, get_appsettings

from cliquet.settings import get_setting
from cliquet.settings.loading import PREFIX
from cliquet.settings.table import PATTERNS, SETTINGS
from cliquet.text import aslist, environment_name
from cliquet.views.heartbeat import run_checks

_SECRET = re.compile(r"secret|password|token|dsn|key$", re.IGNORECASE)
_OTHERS = ("pyramid.", "tm.", "retry.", "multiauth.", "debugtoolbar.", "mail.")
_POOR_SECRETS = (
    "",
    "change-me",
    "changeme",
    "secret",
    "b4c96a8692291d88fe5a97dd91846eb4",
)


def run(ini_file: str) -> int:
    """Explain settings and try backends; 0 if the service could run."""
    logging.getLogger().setLevel(logging.ERROR)
    try:
        given = get_appsettings(ini_file)
        env = bootstrap(ini_file)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it would not start
        print(f"The application does not start: {type(error).__name__}: {error}")
        return 1
    registry = env["registry"]
    _print("Settings that differ from their defaults", list(_explain(registry, given)))
    _print("Warnings", list(_warnings(registry.settings, given)))
    timeout = float(get_setting(registry.settings, "heartbeat_timeout_seconds"))
    logging.getLogger().setLevel(logging.CRITICAL)
    status = run_checks(registry.heartbeats, env["request"], timeout)
    told = {True: "answers", False: "DOES NOT ANSWER", None: "was not checked"}
    _print("Backends", [f"{name}: {told.get(ok, ok)}" for name, ok in status.items()])
    if any(ok is not None and not ok for ok in status.values()):
        print("The service could not run. If tables are missing: "
              f"cliquet --ini {ini_file} migrate")  # fmt: skip
        return 1
    print("The service could run.")
    return 0


def _print(title: str, lines: list[str]) -> None:
    print(f"{title}:")
    for line in lines or ["none"]:
        print(f"  {line}")
    print()


def _names(name: str, project: str) -> list[str]:
    return [name, f"{project}.{name}", f"{PREFIX}.{name}"]


def _plain(name: str, project: str) -> str:
    for prefix in (f"{PREFIX}.", f"{project}."):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def _explain(registry: Any, given: Mapping[str, Any]) -> Iterator[str]:
    settings = registry.settings
    project = str(settings.get("project_name") or "")
    known = [name for name in sorted(settings) if _is_known(name)]
    for name in known:
        value = settings[name]
        setting = SETTINGS.get(name)
        if setting is not None and value == setting.default:
            continue
        names = _names(name, project)
        variables = [environment_name(each) for each in names]
        variable = next((each for each in variables if each in os.environ), None)
        if variable is not None:
            source = f"environment, {variable}"
        elif any(each in given for each in names):
            source = "file"
        else:
            source = "application"
        yield f"{name} = {shown(name, value)}  ({source})"


def shown(name: str, value: Any) -> str:
    """Write the value of a setting; what is secret in it is hidden."""
    text = str(value)
    if _SECRET.search(name) and text:
        return "********"
    if "://" in text:
        try:
            password = urlsplit(text).password
        except ValueError:
            password = None
        if password:
            text = text.replace(f":{password}@", ":********@")
    return " ".join(text.split())


def _is_known(name: str) -> bool:
    if name in SETTINGS:
        return True
    return any(_pattern(pattern).fullmatch(name) for pattern in PATTERNS)


def _pattern(name: str) -> re.Pattern[str]:
    parts = re.split(r"(<[^>]*>)", name)
    return re.compile("".join(
        ".+" if part.startswith("<") else re.escape(part) for part in parts
    ))  # fmt: skip


def _warnings(settings: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    project = str(settings.get("project_name") or "")
    for name in sorted(given):
        plain = _plain(name, project)
        if _is_known(plain) or plain.startswith(_OTHERS) or plain.startswith("__"):
            continue
        if plain in ("here", "use"):
            continue
        near = difflib.get_close_matches(plain, SETTINGS, n=1)
        if near:
            yield f"{name} is no setting of Cliquet: did you mean {near[0]}?"
        elif name.startswith(f"{PREFIX}."):
            yield f"{name} is no setting of Cliquet."
    if str(get_setting(settings, "userid_hmac_secret")) in _POOR_SECRETS:
        yield (
            "userid_hmac_secret is not a secret: anybody can compute user ids. "
            "Set one, keep it, and never change it."
        )
    if "*" in aslist(get_setting(settings, "cors_origins")):
        yield "cors_origins = *: any web page may call this service."
    for kind in ("storage", "cache", "permission"):
        if str(settings.get(f"{kind}_backend", "")).endswith(".memory"):
            yield f"{kind}_backend keeps everything in memory, and forgets it at exit."
