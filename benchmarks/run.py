"""How fast is Cliquet, next to what else, and does it stay so as data grows?

Five questions, each with a module of its own: what a request costs (side_by_side), how
that grows (growth), over HTTP (over_http), many writers (writers), start (startup).
Results are printed, and kept as JSON, a table and pictures in the output folder.
"""

import argparse
import datetime as dt
import itertools
import json
import logging
import os
import platform
import sys
import tempfile
import time
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

from benchmarks import growth, over_http, side_by_side, startup, writers  # noqa: E402
from benchmarks.plots import bars, curves  # noqa: E402
from benchmarks.table import write_table  # noqa: E402
from tests.services import Services  # noqa: E402

HERE = Path(__file__).parent
ENGINES = ("postgresql", "sqlite", "redis", "memory")
QUESTIONS = ("cost", "growth", "http", "writers", "startup")


class Databases:
    """Gives empty databases, on servers that end with the run."""

    def __init__(self):
        self.services = Services()
        self.folder = tempfile.TemporaryDirectory()
        self.numbers = itertools.count(1)

    def new_url(self, engine):
        if engine == "postgresql":
            return self.services.postgresql_url()
        if engine == "redis":
            # A Redis server has 16 databases.
            number = next(self.numbers) % 16
            return f"{self.services.redis_url().rpartition('/')[0]}/{number}"
        if engine == "sqlite":
            return f"sqlite:///{self.folder.name}/{next(self.numbers)}.db"
        return ""

    def close(self):
        self.services.close()
        self.folder.cleanup()


def cost(databases, options):
    results = {}
    for engine in options.engines:
        url = databases.new_url(engine)
        apps = side_by_side.ours_on(engine, url)
        if engine == "postgresql":
            apps = side_by_side.references(url) + apps
            if options.peers:
                apps += side_by_side.started_peers(url)
        try:
            results[engine] = side_by_side.run(engine, apps, options.turns)
        finally:
            for app in apps:
                app.close()
    return results


def grow(databases, options):
    sizes = [size for size in growth.SIZES if size <= options.largest]
    return {
        engine: growth.run(
            engine,
            lambda engine=engine: databases.new_url(engine),
            sizes,
            options.turns,
        )
        for engine in options.growth_engines
    }


def http(databases, options):
    url = databases.new_url("postgresql")
    return over_http.run(url, options.seconds, rounds=2)


def write(databases, options):
    urls = {engine: databases.new_url(engine) for engine in options.engines}
    return writers.run(urls, options.seconds, rounds=2)


def start(databases, options):
    urls = {engine: databases.new_url(engine) for engine in options.engines}
    return startup.run(urls, times=3 if options.quick else 7)


WORK = dict(zip(QUESTIONS, (cost, grow, http, write, start), strict=True))


def names(text):
    return [name for name in text.split(",") if name]


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a run of two minutes")
    parser.add_argument("--questions", type=names, default=list(QUESTIONS),
                        help=f"of {', '.join(QUESTIONS)} (all)")  # fmt: skip
    parser.add_argument("--engines", type=names, default=list(ENGINES),
                        help=f"of {', '.join(ENGINES)} (all)")  # fmt: skip
    parser.add_argument("--growth-engines", type=names, default=["postgresql"],
                        help="whose growth is measured (postgresql)")  # fmt: skip
    parser.add_argument("--peers", action="store_true",
                        help="compare with Django REST framework and FastAPI, too;"
                        " their environments are made with pip")  # fmt: skip
    parser.add_argument("--turns", type=int, default=40, help="of each workload (40)")
    parser.add_argument("--seconds", type=float, default=2.0,
                        help="that a load over HTTP lasts (2)")  # fmt: skip
    parser.add_argument("--largest", type=int, default=1_000_000,
                        help="records of the largest collection (1000000)")  # fmt: skip
    parser.add_argument("--output", type=Path, default=HERE / "results")
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
    results = {
        "date": dt.date.today().isoformat(),  # noqa: DTZ011
        "machine": f"{os.cpu_count()} cores, {platform.machine()},"
        f" {platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
    }
    databases = Databases()
    try:
        for question in options.questions:
            print(f"{question}:", flush=True)
            started = time.perf_counter()
            results[question] = WORK[question](databases, options)
            print(f"  ({time.perf_counter() - started:.0f} s)", flush=True)
    finally:
        databases.close()
    options.output.mkdir(parents=True, exist_ok=True)
    keep(options.output, results)
    files = ", ".join(sorted(file.name for file in options.output.iterdir()))
    print(f"See {options.output}: {files}")


def keep(folder, results):
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    measured = results.get("cost", {}).get("postgresql")
    if measured:
        write_table(folder / "table.csv", measured)
        (folder / "ratios.svg").write_text(bars(measured))
    grown = results.get("growth", {}).get("postgresql")
    if grown:
        (folder / "growth.svg").write_text(curves(grown))


if __name__ == "__main__":
    main()
