"""Count what a request crosses: files, functions and calls of the package.

``python -m tests.architecture.crossed`` prints a table for each engine; ``--engines
memory,redis`` takes some of them; ``--files "list shared"`` lists the files of one
request with the number of calls into each, ``--steps "list shared"`` its calls, in order.

The figures describe the way of a *reader*: how many files somebody opens who steps
through a request. They are printed and not limited: a limit would be met by putting two
files into one.
"""

import argparse
import contextlib
import sys
import tempfile
import uuid
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet.testing.servers import Services
from cliquet.tests.testapp import main as make_app
from tests.contract.backends import APP_ENGINES, AppEngine

ROOT = str(Path(cliquet.__file__).parent) + "/"
#: What a client sends: `Accept` decides which views are asked.
CLIENT = {"Accept": "*/*", "Accept-Encoding": "gzip", "User-Agent": "curl/8.5.0"}
ALICE = {**CLIENT, "Authorization": "Basic YWxpY2U6"}
BOB = {**CLIENT, "Authorization": "Basic Ym9iOg=="}
BATCH = 25


class Step(NamedTuple):
    """A call: how deep among those of ours, and to which function of which file."""

    depth: int
    path: str
    function: str


class Crossed(NamedTuple):
    """What one request crosses.

    Attributes:
        files: How often each file was entered by a call, by its path in the package.
        functions: How many different functions were called.
        calls: How many calls there were.
        changes: How many calls left the file of the caller for another one of ours.
    """

    files: Counter[str]
    functions: int
    calls: int
    changes: int


def is_ours(path: str) -> bool:
    """Return whether a file belongs to the package, its sample application left out."""
    return path.startswith(ROOT) and not path.startswith(ROOT + "tests/")


@contextlib.contextmanager
def profiled(profile: Callable[[Any, str, Any], None]) -> Iterator[None]:
    """Have a function called with what this thread calls and returns from."""
    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)


def count(request: Callable[[], Any]) -> Crossed:
    """Call a function, and count the calls of the package in this thread."""
    files: Counter[str] = Counter()
    functions = set()
    changes = 0

    def count_call(frame: Any, event: str, argument: Any) -> None:
        nonlocal changes
        path = frame.f_code.co_filename
        if event != "call" or not is_ours(path):
            return
        files[path.removeprefix(ROOT)] += 1
        functions.add(frame.f_code)
        caller = frame.f_back
        while caller is not None and not is_ours(caller.f_code.co_filename):
            caller = caller.f_back
        if caller is not None and caller.f_code.co_filename != path:
            changes += 1

    with profiled(count_call):
        request()
    return Crossed(files, len(functions), files.total(), changes)


def trace(request: Callable[[], Any]) -> list[Step]:
    """Call a function, and list the calls of the package in this thread, in order."""
    steps = []
    depth = 0

    def add_step(frame: Any, event: str, argument: Any) -> None:
        nonlocal depth
        code = frame.f_code
        if event not in ("call", "return") or not is_ours(code.co_filename):
            return
        if event == "return":
            depth -= 1
            return
        path = code.co_filename.removeprefix(ROOT)
        steps.append(Step(depth, path, code.co_qualname))
        depth += 1

    with profiled(add_step):
        request()
    return steps


@contextlib.contextmanager
def application(engine: AppEngine, url: str) -> Iterator[TestApp]:
    """Build the sample application on an engine; flush what it stored at the end."""
    settings = engine.settings(
        url,
        project_name="crossed",
        transaction_per_request=True,
        userid_hmac_secret="crossed",
        toadstool_create_principals="system.Authenticated",
    )
    engine.prepare(settings)
    config = Configurator(settings=settings)
    app = TestApp(make_app(config=config))
    try:
        yield app
    finally:
        for kind in ("storage", "permission", "cache"):
            getattr(config.registry, kind).flush()


def requests(app: TestApp) -> dict[str, Callable[[], Any]]:
    """Return the requests that are counted, by name; what they read is stored."""
    own, shared = (str(uuid.uuid4()) for _ in range(2))
    body = {"data": {"name": "Morel"}}
    bob = app.get("/v0/", headers=BOB).json["user"]["id"]

    def put(path: str, **more: Any) -> Callable[[], Any]:
        return lambda: app.put_json(f"/v0{path}", {**body, **more}, headers=ALICE)

    put(f"/mushrooms/{own}")()
    put(f"/toadstools/{shared}", permissions={"read": [bob]})()
    entry = {"method": "PUT", "path": f"/toadstools/{shared}", "body": body}
    batch = {"requests": [entry] * BATCH}
    return {
        "GET": lambda: app.get(f"/v0/mushrooms/{own}", headers=ALICE),
        "PUT": put(f"/mushrooms/{own}"),
        "GET shared": lambda: app.get(f"/v0/toadstools/{shared}", headers=BOB),
        "PUT shared": put(f"/toadstools/{shared}"),
        "list shared": lambda: app.get("/v0/toadstools", headers=BOB),
        f"batch of {BATCH} PUT": lambda: app.post_json(
            "/v0/batch", batch, headers=ALICE
        ),
    }


def measure(app: TestApp) -> dict[str, Crossed]:
    """Count each request, once what is made by the first ones is there.

    Bob may read the shared record, not the collection: ``list shared`` is a list of
    what others share with him.
    """
    found = {}
    for name, request in requests(app).items():
        for _ in range(2):
            request()
        found[name] = count(request)
    return found


def walk(app: TestApp, name: str) -> list[Step]:
    """Return the calls of one of the requests."""
    request = requests(app)[name]
    for _ in range(2):
        request()
    return trace(request)


def table(rows: dict[str, Crossed]) -> str:
    """Write the figures as a table of text."""
    lines = [f"{'':18}{'files':>7}{'functions':>11}{'calls':>8}{'changes of file':>17}"]
    lines += [
        f"{name:18}{len(row.files):7}{row.functions:11}{row.calls:8}{row.changes:17}"
        for name, row in rows.items()
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    names = [engine.id for engine in APP_ENGINES]
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--engines", default=",".join(names), help="separated by ,")
    parser.add_argument("--files", help="request whose files are listed")
    parser.add_argument("--steps", help="request whose calls are listed")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    wanted = options.engines.split(",")
    services = Services()
    try:
        for engine in (each for each in APP_ENGINES if each.id in wanted):
            with tempfile.TemporaryDirectory() as directory:
                url = engine.url(services, Path(directory))
                with application(engine, url) as app:
                    rows = measure(app)
                    steps = walk(app, options.steps) if options.steps else []
            print(f"{engine.id}\n{table(rows)}\n")
            if options.files:
                for path, calls in sorted(rows[options.files].files.items()):
                    print(f"  {path:45}{calls:6}")
                print()
            for step in steps:
                print(f"{'  ' * step.depth}{step.path}: {step.function}")
    finally:
        services.close()


if __name__ == "__main__":
    main()
