"""Progress while clauses are run, then what does not hold."""

from collections.abc import Iterable, Iterator
from typing import TextIO

from cliquet.conformance.reports.summary import (
    Report,
    chapter_title,
    describe,
    not_applicable,
)
from cliquet.conformance.runner import Outcome, Verdict

_SIGNS = {
    Verdict.PASSED: ".",
    Verdict.FAILED: "F",
    Verdict.UNDECIDED: "?",
    Verdict.NOT_APPLICABLE: "-",
}


def show_progress(outcomes: Iterable[Outcome], out: TextIO) -> Iterator[Outcome]:
    """Print a sign for each clause, a line for each chapter, while they are run."""
    chapter = None
    for outcome in outcomes:
        if outcome.clause.chapter != chapter:
            chapter = outcome.clause.chapter
            out.write(f"\n{chapter:7}{chapter_title(chapter):34}")
        out.write(_SIGNS[outcome.verdict])
        out.flush()
        yield outcome
    out.write("\n\n")


def show_results(report: Report, out: TextIO) -> None:
    """Print what does not hold, with the requests, and the counts."""
    for outcome in report.failures:
        _show_failure(outcome, out)
    out.writelines(
        f"not applicable, {reason}: {', '.join(ids)}\n"
        for reason, ids in not_applicable(report.outcomes).items()
    )
    out.write("\n")
    out.writelines(
        f"{level:10} {describe(counts)}\n" for level, counts in report.levels.items()
    )


def _show_failure(outcome: Outcome, out: TextIO) -> None:
    clause = outcome.clause
    out.write(f"{clause.id} ({clause.level}) {outcome.verdict}: {clause.title}\n")
    out.write(f"    {outcome.message}\n")
    for exchange in outcome.exchanges[-2:]:
        out.writelines(f"    > {line}\n" for line in exchange.request.splitlines())
        out.writelines(f"    < {line}\n" for line in exchange.response.splitlines())
        out.write("\n")
