"""Reports: what they say, and that they need nothing else, and tell no secret."""

import io
import json
import re

import pytest

from cliquet.conformance import expect
from cliquet.conformance.clauses import LEVELS, Clause, all_clauses
from cliquet.conformance.reports import terminal
from cliquet.conformance.reports.jsonfile import to_json
from cliquet.conformance.reports.page import to_html
from cliquet.conformance.reports.summary import Report
from cliquet.conformance.runner import Verdict, exit_status, run_clause, run_clauses
from tests.conformance.mutants.table import MUTANTS
from tests.conformance.profiles import broken_server, server_of

SOME = ("REQ-10", "HDR-8", "REC-9", "PRE-7", "PRE-12", "STRICT-1", "EOS-2")


def check(verdict):
    """Return a clause that ends in a way."""

    def checked(probe):
        """Do <what> is ``asked`` & no more."""
        probe.alice.get("/<script>")
        if verdict is Verdict.FAILED:
            expect.fail("wanted <this>, got <that>")

    return checked


@pytest.fixture(scope="module")
def server():
    return broken_server("default", MUTANTS["PRE-12"])


@pytest.fixture(scope="module")
def report(server):
    chosen = [each for each in all_clauses() if each.id in SOME]
    chosen.append(Clause("ERR-99", "http", check(Verdict.FAILED)))
    return Report("a server", "2026-01-01", "3.2", list(run_clauses(chosen, server)))


def test_json_says_all(report):
    found = json.loads(json.dumps(to_json(report)))

    assert [each["id"] for each in found["clauses"]] == [*SOME, "ERR-99"]
    verdicts = {each["id"]: each["verdict"] for each in found["clauses"]}
    assert verdicts["PRE-7"] == "passed"
    assert verdicts["PRE-12"] == "failed"
    assert verdicts["STRICT-1"] == verdicts["EOS-2"] == "not applicable"
    assert found["exit_status"] == 1
    assert found["levels"]["mandatory"] == {
        "passed": 3, "failed": 1, "not applicable": 1,
    }  # fmt: skip
    failed = next(each for each in found["clauses"] if each["id"] == "PRE-12")
    assert "wanted 412, got 201" in failed["message"]
    assert any("POST /v1/notes" in each["request"] for each in failed["exchanges"])


def test_the_page_needs_nothing_else(report):
    page = to_html(report)

    assert not re.search(r"<(?:script|link|img|iframe)\b|@import|url\(", page)
    assert not re.search(r"(?:src|href)=['\"](?!#)", page)
    # Half of a surrogate pair was sent: it can be written to a file.
    page.encode()


def test_the_page_quotes_what_it_shows(report):
    page = to_html(report)

    assert "wanted &lt;this&gt;, got &lt;that&gt;" in page
    assert "<script>" not in page
    assert "Do &lt;what&gt; is <tt>asked</tt> &amp; no more." in page


def test_the_terminal_shows_failures_with_their_requests(report):
    out = io.StringIO()
    list(terminal.show_progress(report.outcomes, out))
    terminal.show_results(report, out)

    text = out.getvalue()
    assert re.search(r"^PRE +Preconditions +\.F$", text, re.MULTILINE)
    assert "PRE-12 (mandatory) failed: " in text
    assert "    > POST /v1/notes" in text
    assert re.search(
        r"^mandatory +3 passed, 1 failed, 1 not applicable$", text, re.MULTILINE
    )
    assert "not applicable, for servers with the feature 'ended': EOS-2" in text


def test_no_report_tells_credentials(server, report):
    secrets = [server.alice.header, server.alice.password, server.bob.password]
    out = io.StringIO()
    terminal.show_results(report, out)

    for text in (to_html(report), json.dumps(to_json(report)), out.getvalue()):
        assert [each for each in secrets if each in text] == []


@pytest.mark.parametrize(
    ("levels", "status"),
    [
        ([], 0),
        (["strict"], 5),
        (["http", "strict"], 4),
        (["http", "repaired"], 3),
        (["strict", "mandatory"], 1),
    ],
)
def test_the_status_is_that_of_the_lowest_level(levels, status, server):
    outcomes = [
        run_clause(
            Clause("ERR-99", level, check(Verdict.FAILED if level in levels else None)),
            server,
        )
        for level in LEVELS
    ]

    assert exit_status(outcomes) == status


def test_what_cannot_be_checked_is_a_failure():
    server = server_of("readonly")
    clause = next(each for each in all_clauses() if each.id == "PRE-7")
    clause = Clause(clause.id, clause.level, clause.check, needs=("readonly",))

    outcome = run_clause(clause, server)

    assert outcome.verdict is Verdict.UNDECIDED
    assert exit_status([outcome]) == 1
