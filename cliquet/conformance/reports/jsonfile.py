"""The report as JSON, for programs."""

from typing import Any

from cliquet.conformance.reports.summary import Report
from cliquet.conformance.runner import Outcome


def to_json(report: Report) -> dict[str, Any]:
    """Return all that was found, exchanges included, as values of JSON."""
    return {
        "subject": report.subject,
        "date": report.date,
        "version": report.version,
        "exit_status": report.exit_status,
        "levels": {
            level: {str(verdict): count for verdict, count in counts.items()}
            for level, counts in report.levels.items()
        },
        "clauses": [_clause(each) for each in report.outcomes],
    }


def _clause(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.clause.id,
        "level": outcome.clause.level,
        "title": outcome.clause.title,
        "verdict": str(outcome.verdict),
        "message": outcome.message,
        "seconds": round(outcome.seconds, 3),
        "exchanges": [
            {"request": each.request, "response": each.response}
            for each in outcome.exchanges
        ],
    }
