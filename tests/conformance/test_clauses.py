"""Each clause of the specification that is seen from outside has a check, and a mutant."""

import pytest

from cliquet.conformance.clauses import CHAPTERS, LEVELS, all_clauses
from docs.clauses import read_clauses
from tests.conformance.mutants.table import MUTANTS

WRITTEN = {clause.identifier: clause for clause in read_clauses()}
CHECKED = {clause.id: clause for clause in all_clauses()}


def test_what_is_seen_from_outside_is_checked_and_nothing_else():
    outside = {name for name, clause in WRITTEN.items() if not clause.inside}

    assert len(outside) > 200
    assert set(CHECKED) == outside


def test_levels_are_those_of_the_specification():
    told = {name: WRITTEN[name].level for name in CHECKED}

    assert {name: clause.level for name, clause in CHECKED.items()} == told


def test_every_check_has_a_mutant_and_every_mutant_a_check():
    assert set(MUTANTS) == set(CHECKED)


def test_chapters_and_levels_are_those_of_the_specification():
    assert {clause.chapter for clause in WRITTEN.values()} == set(CHAPTERS)
    assert {clause.level for clause in WRITTEN.values()} == set(LEVELS)


@pytest.mark.parametrize("clause", CHECKED.values(), ids=lambda clause: clause.id)
def test_checks_say_what_the_server_must_do(clause):
    assert clause.title.endswith(".")
    assert "\n\n" not in clause.check.__doc__
