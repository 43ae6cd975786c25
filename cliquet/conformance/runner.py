"""Clauses, one by one, on a server; what became of each."""

import enum
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import httpx

from cliquet.conformance.clauses import LEVELS, SERVING, Clause
from cliquet.conformance.exchanges import Exchange
from cliquet.conformance.expect import InapplicableError, UnmetError
from cliquet.conformance.probe import Probe, UnpreparedError
from cliquet.conformance.server import Server

#: Exit statuses by the lowest level of which a clause does not hold.
EXIT_STATUSES = {"mandatory": 1, "repaired": 3, "http": 4, "strict": 5}


class Verdict(enum.StrEnum):
    """What became of a clause."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    """It could not be checked: no connection, or no record could be made."""

    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Outcome:
    """What became of a clause, and why."""

    clause: Clause
    verdict: Verdict
    message: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    seconds: float = 0


def run_clauses(clauses: Iterable[Clause], server: Server) -> Iterator[Outcome]:
    """Run clauses on a server, each with records of its own."""
    for clause in clauses:
        yield run_clause(clause, server)


def run_clause(clause: Clause, server: Server) -> Outcome:
    """Run one clause on a server."""
    reason = clause.missing(server.features)
    if reason:
        return Outcome(clause, Verdict.NOT_APPLICABLE, reason)
    probe = Probe(server)
    started = time.monotonic()
    verdict, message = _judge(clause, probe)
    seconds = time.monotonic() - started
    noted = list(probe.exchanges)
    if SERVING in server.features:
        _clean_up(probe)
    return Outcome(clause, verdict, message, noted, seconds)


def _judge(clause: Clause, probe: Probe) -> tuple[Verdict, str]:
    try:
        if SERVING in probe.server.features:
            probe.empty()
        clause.check(probe)
    except UnmetError as error:
        return Verdict.FAILED, str(error)
    except InapplicableError as error:
        return Verdict.NOT_APPLICABLE, str(error)
    except UnpreparedError as error:
        return Verdict.UNDECIDED, str(error)
    except httpx.HTTPError as error:
        return Verdict.UNDECIDED, f"{type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001 -- a response that no check thought of
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{last.name}, line {last.lineno}: {last.line}"
        return Verdict.FAILED, f"{type(error).__name__}: {error} (in {where})"
    return Verdict.PASSED, ""


def _clean_up(probe: Probe) -> None:
    try:
        probe.clean_up()
    except httpx.HTTPError:
        # What is left is told by nobody: the verdict is what counts.
        return


def exit_status(outcomes: Iterable[Outcome]) -> int:
    """Return 0 if all clauses hold, else the status of the lowest level that fails."""
    broken = {
        outcome.clause.level
        for outcome in outcomes
        if outcome.verdict in (Verdict.FAILED, Verdict.UNDECIDED)
    }
    for level in LEVELS:
        if level in broken:
            return EXIT_STATUSES[level]
    return 0
