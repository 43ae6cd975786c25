"""A run of the kit, as the command line asks for it."""

import argparse
import contextlib
import datetime as dt
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from cliquet.conformance.clauses import LEVELS, Clause, all_clauses
from cliquet.conformance.probe import Probe
from cliquet.conformance.profiles import ORIGIN, PROFILES
from cliquet.conformance.reports import terminal
from cliquet.conformance.reports.jsonfile import to_json
from cliquet.conformance.reports.page import to_html
from cliquet.conformance.reports.summary import Report
from cliquet.conformance.runner import Outcome, Verdict, run_clauses
from cliquet.conformance.server import (
    Collections,
    Credentials,
    Server,
    UnreachableError,
    find_server,
)
from cliquet.conformance.starter import NotStartedError, started

#: Exit status of wrong arguments, and of a server that cannot be reached.
USAGE = 2


def run(asked: argparse.Namespace) -> int:
    """Check a server and report; return the exit status.

    Args:
        asked: The options of ``cliquet conformance``.
    """
    try:
        return _run(asked)
    except _UsageError as error:
        print(f"cliquet conformance: {error}", file=sys.stderr)
        return USAGE


class _UsageError(Exception):
    """What was asked for cannot be done."""


def _run(asked: argparse.Namespace) -> int:
    if asked.thorough and asked.start is None:
        raise _UsageError("--thorough is for servers that are started: --start")
    clauses = _choose(asked)
    outcomes: dict[str, Outcome] = {}
    subjects, prefix = [], ""
    for settings in PROFILES.values() if asked.thorough else [{}]:
        with (
            _serve(asked, settings) as (url, subject),
            _find(url + prefix, asked) as server,
        ):
            rest = _undecided(clauses, outcomes, server)
            print(f"{len(rest)} clauses on {subject}")
            running = run_clauses(rest, server)
            for each in terminal.show_progress(running, sys.stdout):
                outcomes[each.clause.id] = each
            # A server whose service is over leads nobody to its version.
            prefix = f"{server.prefix[1:]}/"
            subjects.append(subject)
    date = dt.datetime.now(dt.UTC).isoformat(" ", "seconds")
    found = list(outcomes.values())
    again = f", in {len(subjects)} settings" if subjects[1:] else ""
    report = Report(subjects[0] + again, date, version("cliquet"), found)
    terminal.show_results(report, sys.stdout)
    _write(report, asked)
    return report.exit_status


def _undecided(
    clauses: Iterable[Clause], outcomes: Mapping[str, Outcome], server: Server
) -> list[Clause]:
    """Return the clauses to run: at first all, then those that were not applicable."""
    if not outcomes:
        return list(clauses)
    return [
        each
        for each in clauses
        if outcomes[each.id].verdict is Verdict.NOT_APPLICABLE
        and not each.missing(server.features)
    ]


def _choose(asked: argparse.Namespace) -> list[Clause]:
    """Return the clauses of the levels, chapters and ids that are asked for."""
    known = all_clauses()
    levels = LEVELS[: LEVELS.index(asked.level) + 1]
    wanted = {each.upper() for each in asked.clause}
    if unknown := wanted - {each.id for each in known} - {e.chapter for e in known}:
        raise _UsageError(f"no such clause: {', '.join(sorted(unknown))}")
    return [
        each
        for each in known
        if each.level in levels and (not wanted or {each.id, each.chapter} & wanted)
    ]


@contextlib.contextmanager
def _serve(
    asked: argparse.Namespace, more: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the URL of the server, started if it is to be, and its name."""
    if (asked.url is None) == (asked.start is None):
        raise _UsageError("give either the URL of a server, or --start")
    if asked.url is not None:
        yield asked.url, asked.url
        return
    settings = {**_pairs(asked.settings, "--set"), **more}
    ini = asked.start or None
    if ini and not Path(ini).exists():
        raise _UsageError(f"no such file: {ini}")
    named = [ini or "the sample", f"by {asked.server}"]
    # Values may hold passwords.
    named += [f"with {', '.join(settings)}"] if settings else []
    try:
        with started(ini, asked.server, settings) as url:
            yield url, " ".join(named)
    except NotStartedError as error:
        raise _UsageError(f"the server does not start:\n{error}") from error


@contextlib.contextmanager
def _find(url: str, asked: argparse.Namespace) -> Iterator[Server]:
    """Yield the server of a URL, to be asked for the time of a run."""
    try:
        server = find_server(
            url,
            users=(
                Credentials.parse(asked.user) if asked.user else None,
                Credentials.parse(asked.other) if asked.other else None,
            ),
            collections=_collections(asked.collection),
            features=frozenset(asked.feature),
            origin=asked.origin or (ORIGIN if asked.thorough else None),
        )
    except UnreachableError as error:
        raise _UsageError(str(error)) from error
    with contextlib.closing(server.client):
        if (asked.user or asked.other) and not asked.erase:
            _keep_what_is_there(server)
        yield server


def _keep_what_is_there(server: Server) -> None:
    """Refuse to delete what users have."""
    probe = Probe(server)
    for user in (probe.alice, probe.bob):
        response = user.get(probe.private)
        if response.is_success and response.json().get("data"):
            raise _UsageError(
                f"{user.name} has records in {probe.private}, which would be deleted:"
                " choose another user, or add --erase"
            )


def _collections(given: list[str]) -> Collections:

    try:
        return Collections(**_pairs(given, "--collection"))
    except TypeError:
        raise _UsageError("kinds of --collection: private, shared, public") from None


def _pairs(given: list[str], option: str) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    if not all(separator for _, separator, _ in pairs):
        raise _UsageError(f"{option} takes NAME=VALUE")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _write(report: Report, asked: argparse.Namespace) -> None:

    if asked.json_file:
        text = json.dumps(to_json(report), indent=2, ensure_ascii=False)
        Path(asked.json_file).write_text(f"{text}\n", "utf-8")
    if asked.html_file:
        Path(asked.html_file).write_text(to_html(report), "utf-8")
