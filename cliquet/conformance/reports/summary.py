"""Counts of what became of clauses, by level and by chapter."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cliquet.conformance.clauses import CHAPTERS, LEVELS
from cliquet.conformance.runner import Outcome, Verdict, exit_status


@dataclass(frozen=True)
class Report:
    """What was found on a server."""

    subject: str
    """The server, in words."""

    date: str
    version: str
    """Of the kit."""

    outcomes: list[Outcome]

    @property
    def exit_status(self) -> int:
        """Exit status of the command."""
        return exit_status(self.outcomes)

    @property
    def levels(self) -> dict[str, Counter[Verdict]]:
        """Counts by level."""
        return {
            level: Counter(
                each.verdict for each in self.outcomes if each.clause.level == level
            )
            for level in LEVELS
        }

    @property
    def chapters(self) -> dict[str, list[Outcome]]:
        """Outcomes by chapter, in the order of the specification."""
        found: dict[str, list[Outcome]] = {}
        for each in self.outcomes:
            found.setdefault(each.clause.chapter, []).append(each)
        return found

    @property
    def failures(self) -> list[Outcome]:
        """Outcomes of clauses that do not hold, or could not be checked."""
        bad = (Verdict.FAILED, Verdict.UNDECIDED)
        return [each for each in self.outcomes if each.verdict in bad]


def describe(counts: Mapping[Verdict, int]) -> str:
    """Return counts in words: ``12 passed, 1 failed``."""
    words = [f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict]]
    return ", ".join(words) or "none"


def chapter_title(code: str) -> str:
    """Return the title of a chapter."""
    return CHAPTERS.get(code, code)


def not_applicable(outcomes: Iterable[Outcome]) -> dict[str, list[str]]:
    """Return ids of clauses that do not apply, by the reason."""
    found: dict[str, list[str]] = {}
    for each in outcomes:
        if each.verdict is Verdict.NOT_APPLICABLE:
            found.setdefault(each.message, []).append(each.clause.id)
    return found
