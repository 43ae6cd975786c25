"""The command ``cliquet conformance``: does a server do what the specification says."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from cliquet.dotted import MissingLibraryError, naming_the_extra

_HELP = "check any server, by its URL, against the specification"
_DESCRIPTION = """\
Run each clause of the specification that can be seen from outside on a server, be it
of Cliquet or not. It must have three resources, as those of the sample that --start
runs: one of records of their user (notes), one that is shared (articles), and one that
everybody may read and caches may keep (pages); the specification says which fields.

Without --user and --other, the two users are made up, as the protocol accepts any. What
they have in the first of the resources is deleted: those who are given should have
nothing there, or --erase says that it may go."""
_EPILOG = """\
levels, each with those before:
  mandatory   the protocol as it was published
  repaired    what was wrong or left open in it, and is settled since
  http        the standards of HTTP below it
  strict      what a server promises besides, when it says so

examples:
  cliquet conformance https://api.example.com/v1/ --html report.html
  cliquet conformance http://127.0.0.1:8888 --clause PRE-4 --clause PRE-5
  cliquet conformance --start                       the sample, in memory, by waitress
  cliquet conformance --start --server gunicorn --set strict_preconditions=true
  cliquet conformance --start --thorough            with each setting of the protocol
  cliquet conformance --start my.ini --collection private=mushrooms

exit codes: 0 all holds; 1 a mandatory clause does not, 3 a repaired one, 4 one of HTTP,
5 a strict one; 2 wrong arguments, or no such server"""

#: Those of `cliquet.conformance`, which needs an extra and is imported to be run.
_LEVELS = ("mandatory", "repaired", "http", "strict")
_SERVERS = ("waitress", "gunicorn", "granian")


def add_options(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Describe the command to the parser of all commands."""
    command = add(
        "conformance",
        help=_HELP,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    option = command.add_argument
    option("url", metavar="URL", nargs="?", help="of the server, with or without /v1/")
    option("--user", metavar="NAME:PASSWORD", help="of Alice, who owns what is written")
    option("--other", metavar="NAME:PASSWORD", help="of Bob, with whom it is shared")
    option("--erase", action="store_true",
           help="let what they have in the private resource be deleted")  # fmt: skip
    option("--collection", metavar="KIND=NAME", action="append", default=[],
           help="private=notes, shared=articles or public=pages")  # fmt: skip
    option("--level", choices=_LEVELS, default=_LEVELS[-1], help="the highest to check")
    option("--clause", metavar="ID", action="append", default=[],
           help="only this clause, or this chapter: PRE")  # fmt: skip
    option("--feature", metavar="NAME", action="append", default=[],
           help="have the clauses run that need a feature the server does not announce"
    )  # fmt: skip
    option("--origin", metavar="URL", help="of web pages that the server allows, if "
           "not all")  # fmt: skip
    option("--json", metavar="FILE", dest="json_file", help="write the report as JSON")
    option("--html", metavar="FILE", dest="html_file", help="write it as one page")
    start = command.add_argument_group("to check a server that is started for it")
    start.add_argument("--start", metavar="INI", nargs="?", const="",
                       help="an application, or the sample")  # fmt: skip
    start.add_argument("--server", choices=_SERVERS, default=_SERVERS[0])
    start.add_argument("--set", metavar="SETTING=VALUE", action="append", default=[],
                       dest="settings", help="added to those of INI")  # fmt: skip
    start.add_argument("--thorough", action="store_true",
                       help="start it again, with all settings in turn")  # fmt: skip


def run(**options: Any) -> int:
    """Check a server and report; return the exit status."""
    try:
        command = load_kit()
    except MissingLibraryError as error:
        print(f"cliquet conformance: {error}", file=sys.stderr)
        return 2
    status: int = command.run(argparse.Namespace(**options))
    return status


def load_kit() -> Any:
    """Import the kit, which needs an extra; return its module of the command line."""
    with naming_the_extra("The command 'cliquet conformance'", "client"):
        from cliquet.conformance import command  # noqa: PLC0415
    return command
