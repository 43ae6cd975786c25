"""Where does the time of requests go? (``cliquet profile DIR``)

Reads the profiles that ``profiler_enabled`` writes, one a request, and makes one page
that needs nothing else: the slowest requests, and for each endpoint a flame graph and
a table of calls.
"""

import html
import pstats
import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from cliquet import serialization

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
    """One request."""

    path: Path
    endpoint: str
    milliseconds: float


@dataclass
class Node:
    """A call of the flame graph: its share of the time, and what it called."""

    label: str
    place: str
    seconds: float
    children: list["Node"] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Write it for the page."""
        return {
            "n": self.label,
            "p": self.place,
            "t": round(self.seconds * 1000, 3),
            "c": [child.as_json() for child in self.children],
        }


def run(directory: str, output: str) -> int:
    """Write the page; 0 if there was something to show."""
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
    Path(output).write_text(build_page(profiles), encoding="utf-8")
    print(f"{len(profiles)} requests: open {output} in a browser.")
    return 0


def _read_name(path: Path) -> Profile | None:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    place = _ID.sub("{id}", match["path"]).replace(".", "/")
    return Profile(path, f"{match['method']} /{place}", float(match["ms"]))


def build_page(profiles: list[Profile]) -> str:
    """Write a page about requests that were profiled."""
    endpoints: dict[str, list[Profile]] = {}
    for profile in profiles:
        endpoints.setdefault(profile.endpoint, []).append(profile)
    shown = [
        _describe(name, group)
        for name, group in sorted(
            endpoints.items(),
            key=lambda item: -sum(each.milliseconds for each in item[1]),
        )
    ]
    slowest = sorted(profiles, key=lambda profile: -profile.milliseconds)[:_SLOWEST]
    data = {
        "endpoints": shown,
        "slowest": [
            [each.endpoint, each.milliseconds, each.path.name] for each in slowest
        ],
    }
    template = resources.files(__package__).joinpath("profile.html")
    # `</script>` in a name must not end the script.
    text = serialization.dumps(data).replace("</", "<\\/")
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
        "flame": build_flame(table).as_json(),
        "calls": [
            [*_names(function), calls, round(own * 1000, 3), round(cumulated * 1000, 3)]
            for function, (_, calls, own, cumulated, _) in rows
        ],
    }


def build_flame(table: dict[Function, Any]) -> Node:
    """Make a tree of calls from the graph of a profile.

    A function called from several places gives each of them its share of the time.
    """
    called: dict[Function, list[tuple[Function, float]]] = {}
    for function, (_, _, _, _, callers) in table.items():
        for caller, (_, _, _, cumulated) in callers.items():
            called.setdefault(caller, []).append((function, cumulated))
    roots = [function for function, entry in table.items() if not entry[4]]
    total = sum(table[function][3] for function in roots) or 1.0
    root = Node("all", "", total)

    def grow(
        parent: Node, function: Function, seconds: float, seen: tuple[Any, ...]
    ) -> None:
        if seconds < total * _NARROWEST or len(seen) > _DEEPEST or function in seen:
            return
        label, place = _names(function)
        node = Node(label, place, seconds)
        parent.children.append(node)
        own_total = table[function][3] if function in table else seconds
        share = seconds / own_total if own_total else 0
        for callee, cumulated in called.get(function, []):
            grow(node, callee, cumulated * min(share, 1.0), (*seen, function))
        node.children.sort(key=lambda child: -child.seconds)

    for function in roots:
        grow(root, function, table[function][3], ())
    root.children.sort(key=lambda child: -child.seconds)
    return root


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
