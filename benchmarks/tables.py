"""How does a run compare with what we want to reach? As rows for CSV files."""

from benchmarks import targets

#: Names of engines as people write them.
ENGINES = {
    "postgresql": "PostgreSQL",
    "sqlite": "SQLite",
    "redis": "Redis",
    "memory": "memory",
}
_PEERS = ("Django REST", "FastAPI")


def cost(results):
    """CPU of each request on PostgreSQL, and ratios."""
    measured = results["cost"]["postgresql"]
    peers = [peer for peer in _PEERS if any(peer in apps for apps in measured.values())]
    yield ("Request", "Floor", "Hand-built", "Cliquet", "Ratio", "Target", "Shareable",
           "Ratio to user", *peers)  # fmt: skip
    for name, apps in measured.items():
        most = targets.of_cost(name)
        yield (
            name,
            _cpu(apps, "floor"),
            _cpu(apps, "hand-built"),
            _cpu(apps, "cliquet"),
            targets.told(apps["cliquet"]["ratio"], most),
            f"{most:.1f}",
            _cpu(apps, "shareable"),
            targets.told(apps["shareable"]["ratio"], targets.SHAREABLE),
            *(_cpu(apps, peer) for peer in peers),
        )


def _cpu(apps, name):
    return f"{apps[name]['cpu']:.2f}" if name in apps else ""


def engines(results):
    """CPU of each request by engine, of a user's and of a shareable resource."""
    measured = results["cost"]
    yield ("Request", *(ENGINES[engine] for engine in measured))
    for name in next(iter(measured.values())):
        cells = (workloads[name] for workloads in measured.values())
        yield (
            name,
            *(f"{_cpu(apps, 'cliquet')} / {_cpu(apps, 'shareable')}" for apps in cells),
        )


def growth(results):
    """Time of each request by records on PostgreSQL, the last against the first."""
    measured = results["growth"]["postgresql"]
    sizes = list(next(iter(measured.values())))
    yield ("Request", *_headings(sizes), "Ratio", "Target")
    for name, points in measured.items():
        most = targets.of_growth(name)
        ratio = points[sizes[-1]] / points[sizes[0]]
        yield (name, *_milliseconds(points), targets.told(ratio, most), f"{most:.1f}")


def growth_engines(results):
    """Show the same of the other engines, which have no target."""
    others = {
        engine: measured
        for engine, measured in results["growth"].items()
        if engine != "postgresql"
    }
    sizes = list(next(iter(next(iter(others.values())).values())))
    yield ("Engine", "Request", *_headings(sizes), "Ratio")
    for engine, measured in others.items():
        for name, points in measured.items():
            ratio = points[sizes[-1]] / points[sizes[0]]
            yield ENGINES[engine], name, *_milliseconds(points), f"{ratio:.2f}"


def _headings(sizes):
    return (f"{int(size):,}" for size in sizes)


def _milliseconds(points):
    return (f"{value:.2f}" for value in points.values())


def http(results):
    """Requests a second behind each server."""
    yield ("Server", "Request", "Hand-built /s", "CPU, ms", "Cliquet /s", "CPU, ms",
           "p50 / p95, ms", "Failed")  # fmt: skip
    for server, measured in results["http"].items():
        for name, found in measured.items():
            base, mine = found["hand-built"], found["cliquet"]
            yield (
                server,
                name,
                f"{base['requests_per_s']:.0f}",
                f"{base['cpu']:.2f}",
                f"{mine['requests_per_s']:.0f}",
                f"{mine['cpu']:.2f}",
                f"{mine['p50']:.1f} / {mine['p95']:.1f}",
                base["failed"] + mine["failed"],
            )


def writers(results):
    """Writes a second of one client and of eight, by engine."""
    yield "Engine", "Request", "1 client /s", "8 clients /s", "p95 of 8, ms", "Refused"
    for engine, measured in results["writers"].items():
        for name, found in measured.items():
            yield (
                ENGINES[engine],
                name,
                f"{found['1']['requests_per_s']:.0f}",
                f"{found['8']['requests_per_s']:.0f}",
                f"{found['8']['p95']:.0f}",
                found["1"]["failed"] + found["8"]["failed"],
            )


def startup(results):
    """CPU until an application is ready, and the most memory after serving."""
    seconds, mib = targets.SECONDS_TO_START, targets.MIB_TO_SERVE
    yield "Application", "CPU", "Peak"
    for name, found in results["startup"].items():
        mine = name.startswith("cliquet")
        yield (
            name,
            targets.told(found["cpu_s"], seconds if mine else None, "{:.2f} s"),
            targets.told(found["peak_mib"], mib if mine else None, "{:.0f} MiB"),
        )
    yield "target", f"{seconds} s", f"{mib} MiB"


def profile(results):
    """Percent of the time of a request by area, and its statements."""
    measured = results["profile"]
    earlier = results.get("before", {}).get("profile", {})
    areas = list(next(iter(measured.values()))["areas"])
    yield "Request", *areas, "Statements", "of shareable", "Commits"
    for name, found in measured.items():
        cells = _counts(found, areas)
        if name in earlier:
            before = _counts(earlier[name], areas)
            cells = [_change(*pair) for pair in zip(before, cells, strict=True)]
        yield name, *cells


def _counts(found, areas):
    return [
        *(f"{found['areas'][area]:.0f}" for area in areas),
        f"{found['statements']:g}",
        f"{found['shareable']['statements']:g}",
        f"{found['commits']:g}",
    ]


def _change(before, now):
    return now if before == now else f"{before} → {now}"


def before(results):
    """CPU and ratios of each request on PostgreSQL, of an earlier version and now."""
    measured = results["cost"]["postgresql"]
    yield "Request", "CPU", "Ratio", "CPU of shareable", "Ratio to user"
    for name, apps in results["before"]["cost"]["postgresql"].items():
        pairs = ((apps[app], measured[name][app]) for app in ("cliquet", "shareable"))
        yield (
            name,
            *(
                _change(f"{earlier[key]:.2f}", f"{now[key]:.2f}")
                for earlier, now in pairs
                for key in ("cpu", "ratio")
            ),
        )
