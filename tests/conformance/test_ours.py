"""The sample service does what the specification says, in each of its profiles."""

import pytest

from cliquet.conformance.clauses import all_clauses
from cliquet.conformance.runner import Verdict, run_clause
from tests.conformance.profiles import profile_for, server_of


@pytest.mark.parametrize("clause", all_clauses(), ids=lambda clause: clause.id)
def test_the_clause_holds(clause):
    outcome = run_clause(clause, server_of(profile_for(clause)))

    assert (outcome.verdict, outcome.message) == (Verdict.PASSED, ""), told(outcome)


def told(outcome):
    return "\n\n".join(
        f"{each.request}\n\n{each.response}" for each in outcome.exchanges[-3:]
    )
