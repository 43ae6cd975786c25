"""The command ``cliquet``: install, check, repair and move a service (§25)."""

import argparse
import inspect
import logging
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from pyramid.paster import bootstrap
from pyramid.settings import asbool

import cliquet
from cliquet.scripts import check, profile, project, purge, routes, transfer

_DESCRIPTION = """\
Look after an application that is built with Cliquet: make a new one, prepare its
backends, check its settings, move its records, clean up, see where time goes."""

_EPILOG = """\
examples:
  cliquet init shop                               make a project in the directory shop
  cliquet --ini shop/shop.ini migrate             create or upgrade what backends need
  cliquet --ini shop/shop.ini check               explain settings, try backends
  cliquet --ini shop/shop.ini purge --older-than 90 --dry-run
  cliquet --ini old.ini export > records.jsonl
  cliquet --ini new.ini import records.jsonl
  cliquet profile profiles/                       turn profiles into a page

exit codes: 0 done, 1 something is wrong with the service, 2 wrong arguments"""


def main() -> None:
    """Run the command line. Usage errors exit with code 2."""
    parser = _parser()
    arguments = parser.parse_args(sys.argv[1:])
    if arguments.command == "profile":
        sys.exit(profile.run(arguments.directory, arguments.output))
    if arguments.command == "init" and arguments.directory:
        sys.exit(project.run(arguments.directory))
    if arguments.ini_file is None:
        parser.error("the following arguments are required: --ini")
    logging.basicConfig(level=logging.DEBUG)
    # Drivers tell every statement; what they do is not what was asked.
    for name in ("sqlalchemy", "urllib3", "cornice", "txn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if arguments.command == "check":
        sys.exit(check.run(arguments.ini_file))
    env = bootstrap(arguments.ini_file)
    _COMMANDS[arguments.command](env, arguments)


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
    migrate = commands.add_parser(
        "migrate", help="create or upgrade what the backends need"
    )
    _add_dry_run(migrate)
    init = commands.add_parser(
        "init", help="make a project that runs (without DIR: old name of migrate)"
    )
    init.add_argument("directory", metavar="DIR", nargs="?", help="made by the command")
    commands.add_parser(
        "check", help="explain the settings, try the backends; 1 if it could not serve"
    )
    commands.add_parser("routes", help="list methods, paths and permissions")
    purging = commands.add_parser("purge", help="forget deletions of long ago")
    purging.add_argument(
        "--older-than", metavar="DAYS", type=float, help="age of what is forgotten"
    )
    purging.add_argument(
        "--keep", metavar="COUNT", type=int, help="newest ones kept in each collection"
    )
    purging.add_argument(
        "--batch", metavar="COUNT", type=int, default=1000, help="at once (1000)"
    )
    _add_dry_run(purging)
    commands.add_parser("flush-cache", help="forget everything in the cache")
    exporting = commands.add_parser(
        "export", help="write records, deletions and permissions as JSON lines"
    )
    exporting.add_argument("--output", metavar="FILE", help="standard output if none")
    importing = commands.add_parser("import", help="read what export wrote")
    importing.add_argument("file", metavar="FILE")
    importing.add_argument(
        "--resume", action="store_true", help="go on where an import stopped"
    )
    profiling = commands.add_parser(
        "profile", help="turn a directory of profiles into one page"
    )
    profiling.add_argument("directory", metavar="DIR", help="setting profiler_dir")
    profiling.add_argument(
        "--output", metavar="FILE", default="profile.html", help="profile.html if none"
    )
    return parser


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="tell what would be done, without doing it",
    )


def init_schema(env: Mapping[str, Any], dry_run: bool = False) -> None:
    """Prepare each configured backend.

    Args:
        env: What ``pyramid.paster.bootstrap`` answers; its registry is read.
        dry_run: Tell what would be done. Backends that cannot tell are left alone.
    """
    registry = env["registry"]
    readonly = asbool(registry.settings.get("readonly", False))
    for name in ("cache", "storage", "permission"):
        backend = getattr(registry, name, None)
        if backend is None:
            continue
        if readonly and name != "cache":
            # Called with this text alone: applications' tests assert it (§25).
            warnings.warn(  # noqa: B028
                f"Cannot migrate the {name} backend while in readonly mode."
            )
        elif not dry_run:
            backend.initialize_schema()
        elif _accepts_dry_run(backend.initialize_schema):
            backend.initialize_schema(dry_run=True)
        else:
            print(f"The {name} backend has nothing to tell.")


def _accepts_dry_run(method: Any) -> bool:
    return "dry_run" in inspect.signature(method).parameters


def deprecated_init(env: Mapping[str, Any]) -> None:
    """Prepare the backends: what the command did under its older name."""
    warnings.warn(  # noqa: B028 -- called with these two arguments alone (§25)
        '"cliquet init" is deprecated. Use "cliquet migrate" instead.',
        DeprecationWarning,
    )
    init_schema(env)


def flush_cache(env: Mapping[str, Any]) -> None:
    """Forget everything in the cache."""
    cache = getattr(env["registry"], "cache", None)
    if cache is None:
        sys.exit("No cache is configured: setting 'cache_backend'.")
    cache.flush()
    print("The cache is empty.")


_COMMANDS: dict[str, Callable[[Any, Any], Any]] = {
    "migrate": lambda env, arguments: init_schema(env, dry_run=arguments.dry_run),
    "init": lambda env, arguments: deprecated_init(env),
    "routes": lambda env, arguments: routes.run(env["registry"]),
    "purge": lambda env, arguments: purge.run(
        env["registry"],
        older_than_days=arguments.older_than,
        keep=arguments.keep,
        batch=arguments.batch,
        dry_run=arguments.dry_run,
    ),
    "flush-cache": lambda env, arguments: flush_cache(env),
    "export": lambda env, arguments: transfer.export_to(
        env["registry"], arguments.output
    ),
    "import": lambda env, arguments: transfer.import_from(
        env["registry"], arguments.file, resume=arguments.resume
    ),
}


if __name__ == "__main__":
    main()
