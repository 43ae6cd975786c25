"""The report as one HTML page that needs nothing else."""

from collections.abc import Iterable
from html import escape
from importlib import resources
from string import Template

from cliquet.conformance.exchanges import Exchange
from cliquet.conformance.reports.summary import Report, chapter_title
from cliquet.conformance.runner import Outcome, Verdict

#: Exchanges that are shown of a clause that holds; reports in JSON have all.
_MOST = 8
_CLASSES = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.UNDECIDED: "undecided",
    Verdict.NOT_APPLICABLE: "na",
}


def to_html(report: Report) -> str:
    """Return the page."""
    template = resources.files(__package__).joinpath("page.html").read_text("utf-8")
    return Template(template).substitute(
        subject=escape(report.subject),
        date=escape(report.date),
        version=escape(report.version),
        verdict="Conforms" if report.exit_status == 0 else "Does not conform",
        state="passed" if report.exit_status == 0 else "failed",
        levels="".join(_levels(report)),
        failures="".join(_failures(report)),
        contents="".join(_contents(report)),
        chapters="".join(_chapters(report)),
    )


def _levels(report: Report) -> Iterable[str]:
    for level, counts in report.levels.items():
        cells = "".join(
            f'<td class="{_CLASSES[each] if counts[each] else "none"}">'
            f"{counts[each] or '·'}</td>"
            for each in Verdict
        )
        yield f"<tr><th>{escape(level)}</th>{cells}</tr>"


def _failures(report: Report) -> Iterable[str]:
    for each in report.failures:
        name = each.clause.id
        yield (
            f'<li><a href="#{name}">{name}</a> {_marked(each.clause.marked_title)}'
            f"<br><small>{escape(each.message)}</small></li>"
        )


def _contents(report: Report) -> Iterable[str]:
    for code, outcomes in report.chapters.items():
        signs = "".join(
            f'<a class="sign {_CLASSES[each.verdict]}" href="#{each.clause.id}"'
            f' title="{escape(each.clause.id)}: {escape(str(each.verdict))}"></a>'
            for each in outcomes
        )
        yield (
            f'<tr><th><a href="#{escape(code)}">{escape(chapter_title(code))}</a></th>'
            f"<td>{signs}</td></tr>"
        )


def _chapters(report: Report) -> Iterable[str]:
    for code, outcomes in report.chapters.items():
        clauses = "".join(map(_clause, outcomes))
        title = escape(chapter_title(code))
        yield f'<section id="{escape(code)}"><h2>{title}</h2>{clauses}</section>'


def _clause(outcome: Outcome) -> str:
    clause, state = outcome.clause, _CLASSES[outcome.verdict]
    is_open = " open" if state in ("failed", "undecided") else ""
    message = f"<p class='message'>{escape(outcome.message)}</p>"
    shown = outcome.exchanges[: _MOST if state == "passed" else None]
    exchanges = "".join(map(_exchange, shown))
    if len(shown) < len(outcome.exchanges):
        exchanges += f"<p>… of {len(outcome.exchanges)} exchanges</p>"
    return (
        f'<details id="{clause.id}" class="{state}"{is_open}><summary>'
        f'<b class="badge {state}">{escape(str(outcome.verdict))}</b> '
        f"<code>{clause.id}</code> {_marked(clause.marked_title)} "
        f"<small>{clause.level}</small></summary>"
        f"{message if outcome.message else ''}{exchanges}</details>"
    )


def _marked(text: str) -> str:
    """Return a text in which each second part, between backquotes, is code."""
    parts = [escape(each) for each in text.split("``")]
    parts[1::2] = [f"<tt>{each}</tt>" for each in parts[1::2]]
    return "".join(parts)


def _exchange(exchange: Exchange) -> str:
    return (
        f"<div class='exchange'><pre>{escape(exchange.request)}</pre>"
        f"<pre>{escape(exchange.response)}</pre></div>"
    )
