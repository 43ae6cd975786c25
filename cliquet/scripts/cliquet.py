"""The command ``cliquet``: prepare the backends of an application (§25)."""

import argparse
import inspect
import logging
import sys
import warnings
from collections.abc import Mapping
from typing import Any

from pyramid.paster import bootstrap
from pyramid.settings import asbool

import cliquet

_DESCRIPTION = """\
Prepare the backends of an application: create their tables, or bring them up to
date with the installed version. Run it before the first start of a service, and
after each upgrade. Running it again does no harm."""

_EPILOG = """\
examples:
  cliquet --ini config/example.ini migrate --dry-run   tell what would be done
  cliquet --ini config/example.ini migrate             do it

In readonly mode, storage and permission are left alone: the cache only is migrated."""


def main() -> None:
    """Run the command line. Usage errors exit with code 2."""
    logging.basicConfig(level=logging.DEBUG)
    arguments = _parser().parse_args(sys.argv[1:])
    env = bootstrap(arguments.ini_file)
    if arguments.command == "init":
        deprecated_init(env)
    else:
        init_schema(env, dry_run=arguments.dry_run)


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
        required=True,
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
    migrate.add_argument(
        "--dry-run",
        action="store_true",
        help="tell what would be done, without doing it",
    )
    commands.add_parser("init", help="deprecated name of migrate")
    return parser


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
            print(f"The {name} backend has nothing to tell.")  # noqa: T201


def _accepts_dry_run(method: Any) -> bool:
    return "dry_run" in inspect.signature(method).parameters


def deprecated_init(env: Mapping[str, Any]) -> None:
    """Prepare the backends: what the command did under its older name."""
    warnings.warn(  # noqa: B028 -- called with these two arguments alone (§25)
        '"cliquet init" is deprecated. Use "cliquet migrate" instead.',
        DeprecationWarning,
    )
    init_schema(env)


if __name__ == "__main__":
    main()
