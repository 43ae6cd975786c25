"""What does a run show at a glance? A picture for each question."""

from benchmarks.drawing import (
    BLUE,
    GREEN,
    GREY,
    LEFT,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    Bar,
    Drawing,
    Group,
    Logarithmic,
    Panel,
    bar_chart,
)
from benchmarks.tables import ENGINES
from benchmarks.targets import MIB_TO_SERVE, SECONDS_TO_START, of_cost

OF_APPLICATIONS = {
    "hand-built": GREY,
    "cliquet": BLUE,
    "shareable": SKY,
    "Django REST": GREEN,
    "FastAPI": ORANGE,
}
OF_ENGINES = {
    "postgresql": BLUE,
    "sqlite": ORANGE,
    "redis": VERMILLION,
    "memory": GREEN,
}
OF_AREAS = (BLUE, GREY, ORANGE, SKY, GREEN, PURPLE, VERMILLION)
OF_LINES = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, GREY)
DASHES = ("", "7 3", "2 3")


def cost(results):
    """CPU of each request, against the hand-built application."""
    measured = results["cost"]["postgresql"]
    groups, shown = [], set()
    for name, apps in measured.items():
        base = apps["hand-built"]["cpu"]
        mine = [app for app in OF_APPLICATIONS if app in apps and app != "hand-built"]
        shown.update(mine)
        # Those of a user were compared turn by turn; shareable ones with these.
        ratios = {app: apps[app]["ratio"] for app in mine}
        ratios["shareable"] = apps["shareable"]["cpu"] / base
        bars = [
            Bar([(OF_APPLICATIONS[app], ratios[app])], f"{ratios[app]:.2f}")
            for app in mine
        ]
        groups.append(Group(name, bars, of_cost(name)))
    return bar_chart(
        "CPU of a request, against the same written by hand",
        "Line: as much as the hand-built application. Thick mark: the most Cliquet shall need. Shorter is better.",
        [(app, colour) for app, colour in OF_APPLICATIONS.items() if app in shown],
        [Panel("", groups, most=4, line=1)],
    )


def engines(results):
    """CPU of each request by engine, of a user's and of a shareable resource."""
    measured = results["cost"]
    names = list(next(iter(measured.values())))
    drawing = Drawing(
        "CPU of a request, by engine",
        "Milliseconds, logarithmic. Full: resource of a user; hollow: shareable one. Further left is better.",
        [(ENGINES[engine], OF_ENGINES[engine]) for engine in measured],
    )
    kinds = (("cliquet", True), ("shareable", False))
    values = [workloads[name][kind]["cpu"] for workloads in measured.values()
              for name in names for kind, _ in kinds]  # fmt: skip
    scale = Logarithmic(values, LEFT, 830)
    top, tall = 96, 14 + 9 * len(measured)
    bottom = top + tall * len(names)
    for value in scale.ticks():
        drawing.line([(scale(value), top), (scale(value), bottom)])
        drawing.text(scale(value), bottom + 16, f"{value:g}", "middle", 11, "#666666")
    for row, name in enumerate(names):
        y = top + row * tall
        drawing.line([(20, y), (830, y)])
        drawing.text(LEFT - 10, y + tall / 2 + 4, name, "end")
        for place, (engine, workloads) in enumerate(measured.items()):
            height = y + 12 + 9 * place
            places = [scale(workloads[name][kind]["cpu"]) for kind, _ in kinds]
            drawing.line([(x, height) for x in places], OF_ENGINES[engine], 1.5)
            for x, (_, full) in zip(places, kinds, strict=True):
                drawing.circle(x, height, OF_ENGINES[engine], full=full)
    return drawing.svg(bottom + 32)


def growth(grown, title):
    """Wall time by the size of the collection, engine under engine."""
    drawing = Drawing(
        title,
        "Milliseconds by records in the collection, both logarithmic. Flat is good. Right: the largest against the smallest.",
    )
    y = 70
    for engine, measured in grown.items():
        drawing.text(20, y + 14, ENGINES[engine], weight="bold")
        y = _curves(drawing, measured, y + 24)
    return drawing.svg(y)


def _curves(drawing, measured, top):
    lines = {
        name: sorted((int(size), value) for size, value in points.items())
        for name, points in measured.items()
    }
    tall = max(300, 19 * len(lines))
    sizes = sorted({size for points in lines.values() for size, _ in points})
    across = Logarithmic(sizes, 70, 590)
    values = [value for points in lines.values() for _, value in points]
    up = Logarithmic(values, top + tall, top)
    for value in up.ticks():
        drawing.line([(60, up(value)), (600, up(value))])
        drawing.text(54, up(value) + 4, f"{value:g} ms", "end", 11, "#666666")
    for size in sizes:
        drawing.line([(across(size), top), (across(size), top + tall)])
        drawing.text(
            across(size), top + tall + 16, f"{size:,}", "middle", 11, "#666666"
        )
    styles = {
        name: (OF_LINES[place % len(OF_LINES)], DASHES[place // len(OF_LINES)])
        for place, name in enumerate(lines)
    }
    # Names stand at the ends of their lines, apart from each other.
    ends = sorted(lines, key=lambda name: -lines[name][-1][1])
    free = top
    for place, name in enumerate(ends):
        points = [(across(size), up(value)) for size, value in lines[name]]
        colour, dash = styles[name]
        drawing.line(points, colour, 2.2, dash)
        x, y = points[-1]
        room = (len(ends) - 1 - place) * 17
        told = min(max(y, free), top + tall - room)
        free = told + 17
        drawing.line([(x, y), (616, told)], colour, 0.8)
        ratio = lines[name][-1][1] / lines[name][0][1]
        drawing.text(620, told + 4, f"{name}  ({ratio:.2f}x)")
    return top + tall + 36


def http(results):
    """Requests a second behind each server."""
    panels = []
    for server, measured in results["http"].items():
        groups = []
        for name, found in measured.items():
            bars = [
                Bar([(OF_APPLICATIONS[app], each["requests_per_s"])],
                    f"{each['requests_per_s']:,.0f}/s, {each['cpu']:.2f} ms CPU")
                for app, each in found.items()
            ]  # fmt: skip
            groups.append(Group(name, bars))
        panels.append(Panel(server, groups))
    return bar_chart(
        "Requests a second over HTTP",
        "Four clients on the same machine, one process with four threads. Longer is better.",
        [(app, OF_APPLICATIONS[app]) for app in ("hand-built", "cliquet")],
        panels,
    )


def writers(results):
    """Writes a second of one client and of eight, by engine."""
    colours = {"1": GREY, "8": BLUE}
    panels = []
    for engine, measured in results["writers"].items():
        groups = []
        for name, found in measured.items():
            bars = [
                Bar([(colours[clients], each["requests_per_s"])],
                    f"{each['requests_per_s']:,.0f}/s, p95 {each['p95']:.0f} ms")
                for clients, each in found.items()
            ]  # fmt: skip
            groups.append(Group(name, bars))
        panels.append(Panel(ENGINES[engine], groups))
    return bar_chart(
        "Writes a second to one collection",
        "Eight clients shall get as much done as one; hello writes nothing. Longer is better, each engine has its scale.",
        [("1 client", GREY), ("8 clients", BLUE)],
        panels,
    )


def startup(results):
    """CPU until an application is ready, and the most memory after serving."""
    panels = []
    for title, key, unit, most in (
        ("CPU until ready, seconds", "cpu_s", "{:.2f} s", SECONDS_TO_START),
        ("Most memory after 250 requests, MiB", "peak_mib", "{:.0f} MiB", MIB_TO_SERVE),
    ):
        groups = []
        for name, found in results["startup"].items():
            kind = name.partition(",")[0]
            bar = Bar([(OF_APPLICATIONS[kind], found[key])], unit.format(found[key]))
            groups.append(Group(name, [bar], most if kind == "cliquet" else None))
        panels.append(Panel(title, groups))
    return bar_chart(
        "What it takes to start and to serve",
        "Interpreter and imports included. Thick mark: the most Cliquet shall need. Shorter is better.",
        [(app, OF_APPLICATIONS[app]) for app in ("hand-built", "cliquet")],
        panels,
    )


def profile(results):
    """Percent of the time of a request, by area."""
    measured = results["profile"]
    areas = list(next(iter(measured.values()))["areas"])
    colours = dict(zip(areas, OF_AREAS, strict=False))
    groups = [
        Group(name, [Bar([(colours[area], found["areas"][area]) for area in areas],
                         f"{found['statements']:g} SQL")])
        for name, found in measured.items()
    ]  # fmt: skip
    return bar_chart(
        "Where the time of a request goes",
        "Percent of its time on PostgreSQL, profiled; the driver waits for the database. Right: statements.",
        list(colours.items()),
        [Panel("", groups)],
    )
