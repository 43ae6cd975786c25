"""A server that breaks one clause is found out by the check of that clause."""

import pytest

from cliquet.conformance.clauses import all_clauses
from cliquet.conformance.runner import Verdict, run_clause
from tests.conformance.mutants.table import MUTANTS
from tests.conformance.profiles import broken_server, profile_for

pytestmark = pytest.mark.long

CLAUSES = {clause.id: clause for clause in all_clauses()}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_mutant_is_caught_by_its_clause(name):
    clause = CLAUSES[name]
    server = broken_server(profile_for(clause), MUTANTS[name])

    outcome = run_clause(clause, server)

    assert outcome.verdict is Verdict.FAILED, outcome.message
    # What is wrong is told in words, not by an accident of the check.
    assert "Error: " not in outcome.message
