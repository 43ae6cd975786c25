"""What developers get wrong is told: the culprit, and what to write instead."""

import pytest

from tests.declarations.mistakes import MISTAKES, TASK, Mistake
from tests.declarations.run import PAGE, make_page, tell


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: each.title)
def test_a_mistake_is_told_with_its_culprit_and_a_remedy(mistake):
    outcome, told = tell(mistake)

    assert [word for word in mistake.says if word not in told] == [], told
    assert outcome == mistake.outcome


def test_there_are_enough_of_them():
    assert len(MISTAKES) >= 40


@pytest.mark.parametrize("base", ["UserResource", "ShareableResource"])
def test_what_is_right_prints_nothing(base):
    right = Mistake("", (), python=TASK.replace("UserResource", base))

    assert tell(right)[1] == ""


def test_the_page_says_what_is_printed():
    """Run `python -m tests.declarations.run` if messages were changed on purpose."""
    assert PAGE.read_text() == make_page()
