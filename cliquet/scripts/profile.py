"""The command ``cliquet profile DIR``: where the time of requests goes.

It reads the profiles that ``profiler_enabled`` writes, one a request, and makes one
page that needs nothing else: the slowest requests, and for each endpoint a flame graph
and a table of calls.
"""

import html
import math
import pstats
import re
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from cliquet import serialization
from cliquet.scripts.files import replaced_file

#: As Werkzeug names them: method, path with dots, milliseconds, time.
_NAME = re.compile(
    r"(?P<method>[A-Z]+)\.(?P<path>.*)\.(?P<ms>\d+)ms\.(?P<at>\d+)\.prof"
)
_ID = re.compile(r"(?<=\.)(?:[0-9a-f]{8}-[0-9a-f-]{27}|\d+)(?=\.|$)")

_DEEPEST = 60
_NARROWEST = 0.002
_ROWS = 60
_SLOWEST = 25

Function = tuple[str, int, str]


class Profile(NamedTuple):
    """The profile of one request."""

    path: Path
    endpoint: str
    milliseconds: float


def run(directory: str, output: str) -> int:
    """Write the page; return the exit code, 0 if there was something to show."""
    profiles = [
        profile
        for path in sorted(Path(directory).glob("*.prof"))
        if (profile := _read_name(path)) is not None
    ]
    if not profiles:
        print(
            f"No profile in {directory}. Set profiler_enabled = true and profiler_dir, "
            "wrap the application with install_middlewares, and send requests."
        )
        return 1
    with replaced_file(output) as file:
        file.write(build_page(profiles))
    print(f"{len(profiles)} requests: open {output} in a browser.")
    return 0


def _read_name(path: Path) -> Profile | None:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    place = _ID.sub("{id}", match["path"]).replace(".", "/")
    return Profile(path, f"{match['method']} /{place}", float(match["ms"]))


def build_page(profiles: list[Profile]) -> str:
    """Return a page about requests that were profiled."""
    endpoints: dict[str, list[Profile]] = {}
    for profile in profiles:
        endpoints.setdefault(profile.endpoint, []).append(profile)
    by_time = sorted(
        endpoints.items(), key=lambda item: -sum(each.milliseconds for each in item[1])
    )
    slowest = sorted(profiles, key=lambda profile: -profile.milliseconds)[:_SLOWEST]
    data = {
        "endpoints": [_describe(name, group) for name, group in by_time],
        "slowest": [
            [each.endpoint, each.milliseconds, each.path.name] for each in slowest
        ],
    }
    template = resources.files(__package__).joinpath("profile.html")
    # No name can end the script, or hide its end (`<!--<script>`).
    text = serialization.dumps(data).replace("<", "\\u003c")
    title = html.escape(f"{len(profiles)} requests")
    page = template.read_text(encoding="utf-8")
    return page.replace("{{title}}", title).replace("{{data}}", text)


def _describe(name: str, group: list[Profile]) -> dict[str, Any]:
    stats = pstats.Stats(str(group[0].path))
    for profile in group[1:]:
        stats.add(str(profile.path))
    table: dict[Function, Any] = stats.stats  # type: ignore[attr-defined]
    times = sorted(profile.milliseconds for profile in group)
    rows = sorted(table.items(), key=lambda item: -item[1][2])[:_ROWS]
    return {
        "name": name,
        "count": len(group),
        "median": times[len(times) // 2],
        "worst": times[-1],
        "flame": build_flame(table),
        "calls": [
            [*_names(function), calls, round(own * 1000, 3), round(cumulated * 1000, 3)]
            for function, (_, calls, own, cumulated, _) in rows
        ],
    }


def build_flame(table: dict[Function, Any]) -> dict[str, Any]:
    """Return a tree of calls, as the page reads it, from the graph of a profile.

    A function called from several places gives each of them its share of the time.
    """
    called: dict[Function, list[tuple[Function, float]]] = {}
    for function, (_, _, _, _, callers) in table.items():
        for caller, (_, _, _, cumulated) in callers.items():
            called.setdefault(caller, []).append((function, cumulated))
    roots = [(function, row[3]) for function, row in table.items() if not row[4]]
    total = sum(seconds for _, seconds in roots) or 1.0

    def node(function: Function, seconds: float, above: tuple[Any, ...]) -> Any:
        share = min(seconds / (table[function][3] or math.inf), 1.0)
        calls = [(callee, time * share) for callee, time in called.get(function, [])]
        return _node(*_names(function), seconds, grow(calls, (*above, function)))

    def grow(calls: list[tuple[Function, float]], above: tuple[Any, ...]) -> list[Any]:
        return [
            node(function, seconds, above)
            for function, seconds in sorted(calls, key=lambda call: -call[1])
            if seconds >= total * _NARROWEST
            and len(above) <= _DEEPEST
            and function not in above
        ]

    return _node("all", "", total, grow(roots, ()))


def _node(
    label: str, place: str, seconds: float, children: list[Any]
) -> dict[str, Any]:
    return {"n": label, "p": place, "t": round(seconds * 1000, 3), "c": children}


def _names(function: Function) -> tuple[str, str]:
    path, line, name = function
    if path == "~":
        return name.strip("<>"), "built in"
    parts = Path(path).parts
    for marker in ("site-packages", "lib"):
        if marker in parts:
            parts = parts[len(parts) - parts[::-1].index(marker) :]
            break
    return name, f"{'/'.join(parts[-4:])}:{line}"
