"""How fast is Cliquet, next to what else, and does it stay so as data grows?

Six questions, each with a module of its own: what a request costs (side_by_side), how
that grows (growth), over HTTP (over_http), many writers (writers), start (startup),
where the time goes (areas). Results are printed, and kept as JSON, tables and pictures
in the output folder, each time a question is answered; those of other questions that
are there already stay.
"""

import argparse
import logging
import time
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

from benchmarks import (  # noqa: E402
    areas,
    growth,
    over_http,
    report,
    side_by_side,
    startup,
    writers,
)
from benchmarks.databases import ENGINES, Databases  # noqa: E402

HERE = Path(__file__).parent


def cost(databases, options):
    results = {}
    for engine in options.engines:
        url = databases.new_url(engine)
        apps = side_by_side.ours_on(engine, url)
        if engine == "postgresql":
            apps = side_by_side.references(url) + apps
            if options.peers:
                started = side_by_side.started_peers(url)
                databases.versions |= {peer.name: peer.versions for peer in started}
                apps += started
        try:
            results[engine] = side_by_side.run(engine, apps, options.turns)
        finally:
            for app in apps:
                app.close()
    return results


def grow(databases, options):
    results = {}
    for engine in options.growth_engines:
        largest = min(options.largest, growth.LARGEST[engine])
        sizes = [size for size in growth.SIZES if size <= largest]
        results[engine] = growth.run(engine, databases.new_url, sizes, options.turns)
    return results


def http(databases, options):
    url = databases.new_url("postgresql")
    return over_http.run(url, options.seconds, rounds=2)


def write(databases, options):
    urls = {engine: databases.new_url(engine) for engine in options.engines}
    return writers.run(urls, options.seconds, rounds=2)


def start(databases, options):
    urls = {engine: databases.new_url(engine) for engine in options.engines}
    return startup.run(urls, times=3 if options.quick else 7)


def profile(databases, options):
    return areas.run(databases.new_url("postgresql"), max(options.turns, 20))


WORK = {
    "cost": cost,
    "growth": grow,
    "http": http,
    "writers": write,
    "startup": start,
    "profile": profile,
}
QUESTIONS = tuple(WORK)


def names(text):
    return [name for name in text.split(",") if name]


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="few turns, small collections: four minutes",
    )
    parser.add_argument("--questions", type=names, default=list(QUESTIONS),
                        help=f"of {', '.join(QUESTIONS)} (all)")  # fmt: skip
    parser.add_argument("--engines", type=names, default=list(ENGINES),
                        help=f"of {', '.join(ENGINES)} (all)")  # fmt: skip
    parser.add_argument("--growth-engines", type=names, default=list(ENGINES),
                        help="whose growth is measured (all)")  # fmt: skip
    parser.add_argument("--peers", action="store_true",
                        help="compare with Django REST framework and FastAPI, too;"
                        " their environments are made with pip")  # fmt: skip
    parser.add_argument("--turns", type=int, default=40, help="of each workload (40)")
    parser.add_argument("--seconds", type=float, default=2.0,
                        help="that a load over HTTP lasts (2)")  # fmt: skip
    parser.add_argument("--largest", type=int, default=1_000_000,
                        help="records of the largest collection (1000000 on PostgreSQL,"
                        " at most 100000 on the others)")  # fmt: skip
    parser.add_argument("--output", type=Path, default=HERE / "results",
                        help="folder of the results (benchmarks/results)")  # fmt: skip
    options = parser.parse_args(arguments)
    for question in options.questions:
        if question not in QUESTIONS:
            parser.error(f"{question!r} is none of {', '.join(QUESTIONS)}")
    for engine in (*options.engines, *options.growth_engines):
        if engine not in ENGINES:
            parser.error(f"{engine!r} is none of {', '.join(ENGINES)}")
    if options.quick:
        options.turns = min(options.turns, 5)
        options.seconds = min(options.seconds, 0.5)
        options.largest = min(options.largest, 10_000)
    return options


def main(arguments=None):
    options = parse(arguments)
    logging.disable(logging.CRITICAL)
    results = report.read(options.output)
    databases = Databases()
    try:
        for question in options.questions:
            print(f"{question}:", flush=True)
            started = time.perf_counter()
            databases.versions.clear()
            results[question] = WORK[question](databases, options)
            note = "a quick run" if options.quick else ""
            results.setdefault("about", {})[question] = report.about(
                databases.versions, note
            )
            report.write(options.output, results)
            print(f"  ({time.perf_counter() - started:.0f} s)", flush=True)
    finally:
        databases.close()
    files = ", ".join(sorted(file.name for file in options.output.iterdir()))
    print(f"See {options.output}: {files}")


if __name__ == "__main__":
    main()
