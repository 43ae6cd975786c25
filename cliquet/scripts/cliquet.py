"""The command ``cliquet``: install, check, repair and move a service."""

import argparse
import contextlib
import inspect
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from configparser import InterpolationError
from typing import Any

from pyramid.paster import bootstrap
from pyramid.settings import asbool

import cliquet
from cliquet.declarations.start import without_tables
from cliquet.logs import logger
from cliquet.scripts import (
    advance,
    check,
    conformance,
    exporting,
    importing,
    keys,
    openapi,
    profile,
    project,
    purge,
    routes,
    serve,
    stream,
    token,
    waiting,
)

__all__ = ["deprecated_init", "init_schema", "main"]

_DESCRIPTION = """\
Look after an application that is built with Cliquet: make a new one, prepare its
backends, check its settings, move its records, clean up, see where time goes."""

_EPILOG = """\
examples:
  cliquet init shop                               make a project in the directory shop
  cliquet init shop --engine postgresql --auth jwt --docker
  cliquet --ini shop/shop.ini migrate             create or upgrade what backends need
  cliquet --ini shop/shop.ini check               explain settings, try backends
  cliquet --ini shop/shop.ini serve --reload      serve it while it is worked on
  cliquet --ini shop/shop.ini purge --older-than 90 --dry-run
  cliquet --ini shop/shop.ini advance-timestamps  after a backup was restored
  cliquet --ini shop/shop.ini openapi > shop.json
  cliquet --ini shop/shop.ini keys create backup  print an API key for that user
  cliquet --ini shop/shop.ini token alice         print a token, while you develop
  cliquet --ini old.ini export > records.jsonl
  cliquet --ini new.ini import records.jsonl
  cliquet conformance http://127.0.0.1:8888       does it do what the protocol says
  cliquet profile profiles/                       turn profiles into a page

exit codes: 0 done, 1 something is wrong with the service, 2 wrong arguments"""


#: Those that serve until they are interrupted.
_SERVERS: dict[str, Any] = {"serve": serve, "stream": stream}


def main() -> None:
    """Run the command line. Usage errors exit with code 2."""
    parser = _parser()
    options = vars(parser.parse_args(sys.argv[1:]))
    command, ini_file = options.pop("command"), options.pop("ini_file")
    if command == "profile":
        sys.exit(profile.run(**options))
    if command == "conformance":
        sys.exit(conformance.run(**options))
    if command == "init" and options["directory"]:
        sys.exit(project.run(**options))
    if ini_file is None and command == "init":
        parser.error("the directory of the project is missing: cliquet init shop")
    if ini_file is None:
        parser.error("the following arguments are required: --ini")
    if command in _SERVERS:
        sys.exit(_SERVERS[command].run(ini_file, **options))
    # Commands are not measured: workers alone share their metrics there.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    # On a terminal, what was done is all that matters.
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    # Drivers log every statement; what they do is not what was asked.
    for name in ("sqlalchemy", "urllib3", "cornice", "txn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if command == "check":
        sys.exit(check.run(ini_file))
    try:
        # What is not there yet is what `migrate` is for.
        with without_tables(), _quiet_start(command):
            env = bootstrap(ini_file)
    except InterpolationError as error:
        sys.exit(check.describe_error(error))
    with waiting.without_limits(env["registry"]):
        _COMMANDS[command](env, **options)


@contextlib.contextmanager
def _quiet_start(command: str) -> Iterator[None]:
    """Log nothing of what a service says at its start, if nobody wants it to serve.

    `migrate` comes before, and `token` asks no backend.
    """
    if command in ("migrate", "token"):
        logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cliquet",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--ini",
        metavar="FILE",
        dest="ini_file",
        help="configuration of the application, as given to pserve",
    )
    parser.add_argument(
        "-v",
        "--version",
        action="version",
        version=cliquet.__version__,
        help="show the version of cliquet, and exit",
    )
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", required=True
    )
    _add_commands(commands.add_parser)
    return parser


def _add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    dry_run: dict[str, Any] = {
        "action": "store_true",
        "help": "log what would be done, do nothing",
    }
    count: dict[str, Any] = {"metavar": "COUNT", "type": int}

    _add_migrate(add, dry_run)
    project.add_options(add)

    command = add("serve", help="serve it here; pserve is for other servers")
    command.add_argument(
        "--port", type=serve.read_port, help="instead of that of the file"
    )
    reload = "start anew after a change of the code, or of the file"
    command.add_argument("--reload", action="store_true", help=reload)

    stream.add_options(add)
    add("check", help="explain the settings, try the backends; 1 if it could not serve")
    add("routes", help="list methods, paths and permissions")
    add("openapi", help="describe the service: OpenAPI 3.1, as JSON")

    command = add("purge", help="forget deletions of long ago")
    command.add_argument(
        "--older-than",
        metavar="DAYS",
        dest="older_than_days",
        type=float,
        help="age of what is forgotten",
    )
    command.add_argument("--keep", help="newest ones kept in each collection", **count)
    command.add_argument("--batch", default=5000, help="at once (5000)", **count)
    command.add_argument("--dry-run", **dry_run)

    advance.add_options(add, dry_run)
    add("flush-cache", help="remove everything from the cache")
    _add_moves(add)
    keys.add_options(add)
    token.add_options(add)
    conformance.add_options(add)

    command = add("profile", help="turn a directory of profiles into one page")
    command.add_argument("directory", metavar="DIR", help="setting profiler_dir")
    command.add_argument(
        "--output", metavar="FILE", default="profile.html", help="profile.html if none"
    )


def _add_migrate(
    add: Callable[..., argparse.ArgumentParser], dry_run: dict[str, Any]
) -> None:
    command = add("migrate", help="create or upgrade what the backends need")
    command.add_argument("--dry-run", **dry_run)
    to_utc = "move timestamps that 3.1 wrote to PostgreSQL in another time zone"
    command.add_argument("--to-utc", action="store_true", help=to_utc)
    index = "index the documents of records in PostgreSQL, for filters, while it serves"
    command.add_argument("--with-index", action="store_true", help=index)
    wait = "ask backends that do not answer again, that long"
    command.add_argument("--wait", metavar="SECONDS", type=float, default=0, help=wait)


def _add_moves(add: Callable[..., argparse.ArgumentParser]) -> None:
    command = add(
        "export", help="write records, deletions and permissions as JSON lines"
    )
    command.add_argument(
        "--output", metavar="FILE", dest="path", help="standard output if none"
    )
    command.add_argument(
        "--secrets", action="store_true", help="write the fields that are never shown"
    )

    command = add("import", help="read what export wrote")
    command.add_argument("path", metavar="FILE")
    command.add_argument(
        "--resume", action="store_true", help="go on where an import stopped"
    )


def init_schema(
    env: Mapping[str, Any],
    dry_run: bool = False,
    to_utc: bool = False,
    with_index: bool = False,
) -> None:
    """Create or upgrade what each configured backend needs.

    Args:
        env: What ``pyramid.paster.bootstrap`` returns; its registry is read.
        dry_run: Log what would be done, without doing it.
        to_utc: Move the timestamps that were written in another time zone, besides.
        with_index: Index the documents of records, besides.
    """
    registry = env["registry"]
    readonly = asbool(registry.settings.get("readonly", False))
    for name in ("cache", "storage", "permission"):
        backend = getattr(registry, name, None)
        if backend is None:
            continue
        if readonly and name != "cache":
            # Called with this text alone: applications' tests assert it.
            warnings.warn(  # noqa: B028
                f"Cannot migrate the {name} backend while in readonly mode."
            )
            continue
        accepted = inspect.signature(backend.initialize_schema).parameters
        if dry_run and "dry_run" not in accepted:
            # A backend of 3.1 cannot say more.
            logger.info(f"Would initialize the {name} backend.")
            continue
        if with_index and name == "storage" and "with_index" not in accepted:
            logger.info("The storage has no index on documents: only PostgreSQL has.")
        asked = {"dry_run": dry_run, "to_utc": to_utc, "with_index": with_index}
        options = {each: True for each in asked if asked[each] and each in accepted}
        backend.initialize_schema(**options)


def deprecated_init(env: Mapping[str, Any]) -> None:
    """Do what ``migrate`` does, under its older name."""
    warnings.warn(  # noqa: B028 -- applications' tests assert these two arguments
        '"cliquet init" is deprecated. Use "cliquet migrate" instead.',
        DeprecationWarning,
    )
    init_schema(env)


def flush_cache(env: Mapping[str, Any]) -> None:
    """Remove everything from the cache."""
    cache = getattr(env["registry"], "cache", None)
    if cache is None:
        sys.exit("No cache is configured: setting 'cache_backend'.")
    cache.flush()
    print("The cache is empty.")


#: Those that need the application, with their options as they are parsed.
_COMMANDS: dict[str, Callable[..., Any]] = {
    "migrate": lambda env, wait, **asked: waiting.until_answered(
        lambda: init_schema(env, **asked), wait
    ),
    "init": lambda env, **_: deprecated_init(env),
    "routes": lambda env: routes.run(env["registry"]),
    "openapi": lambda env: openapi.run(env["registry"]),
    "purge": lambda env, **options: purge.run(env["registry"], **options),
    "advance-timestamps": lambda env, **asked: advance.run(env["registry"], **asked),
    "flush-cache": flush_cache,
    "keys": lambda env, **options: keys.run(env["registry"], **options),
    "token": lambda env, **options: token.run(env["registry"], **options),
    "export": lambda env, **options: exporting.export_to(env["registry"], **options),
    "import": lambda env, **options: importing.import_from(env["registry"], **options),
}


if __name__ == "__main__":
    main()
