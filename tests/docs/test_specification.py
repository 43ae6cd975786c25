"""The clauses of the specification: each has one number, and says what must hold."""

import re
from itertools import groupby

import pytest

from docs.clauses import IDENTIFIER, SPECIFICATION, clauses_of, read_clauses

CLAUSES = read_clauses()
SOURCE = re.compile(r"rfc\d{4}#section-[1-9][\d.]*|fetch#[a-z0-9-]+")
PAGES = {path.stem: path.read_text() for path in SPECIFICATION.glob("*.rst")}


def test_identifiers_are_given_once():
    identifiers = [clause.identifier for clause in CLAUSES]

    assert len(identifiers) > 150
    assert sorted(set(identifiers)) == sorted(identifiers)
    assert all(map(IDENTIFIER.fullmatch, identifiers))


def test_numbers_of_a_chapter_are_dense_and_in_order():
    chapters = {
        code: [clause.number for clause in clauses]
        for code, clauses in groupby(CLAUSES, lambda clause: clause.chapter)
    }

    assert chapters == {
        code: list(range(1, len(numbers) + 1)) for code, numbers in chapters.items()
    }


def test_no_clause_is_overlooked():
    written = sum(text.count(".. clause::") for text in PAGES.values())

    assert len(CLAUSES) == written


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.identifier)
def test_a_clause_says_what_must_hold(clause):
    words = re.findall(r"\b(?:MUST|SHOULD|MAY)\b", clause.text)

    assert words
    assert len(clause.text) < 450
    assert clause.text.endswith(".")


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.identifier)
def test_what_is_repaired_says_what_it_was(clause):
    is_repaired = clause.level == "repaired"

    assert bool(clause.before) == bool(clause.why) == is_repaired


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.identifier)
def test_what_standards_ask_for_names_them(clause):
    assert all(SOURCE.fullmatch(source) for source in clause.source.split())
    assert bool(clause.source) == (clause.level in ("http", "strict"))


@pytest.mark.parametrize("page", PAGES)
def test_pages_refer_to_clauses_that_exist(page):
    referred = re.findall(r":clause:`([^`]+)`", PAGES[page])

    assert set(referred) <= {clause.identifier for clause in CLAUSES}


@pytest.mark.parametrize(
    "text",
    [
        ".. clause:: PRE-1\n\n    A server MUST.\n",
        ".. clause:: PRE-1\n    :level: wished\n\n    A server MUST.\n",
        ".. clause:: PRE-1\n    :level: http\n\nA server MUST.\n",
    ],
    ids=["no level", "unknown level", "no text"],
)
def test_half_a_clause_is_refused(text):
    with pytest.raises(ValueError, match="PRE-1"):
        list(clauses_of(text, "page"))


def test_options_may_go_over_lines():
    text = """
.. clause:: PRE-2
    :level: repaired
    :inside:
    :before: It was
        otherwise.
    :why: It hurt.

    A server MUST
    do it.

    It MAY say so.

After.
"""

    (clause,) = clauses_of(text, "page")

    assert clause.before == "It was otherwise."
    assert (clause.inside, clause.level, clause.anchor) == (
        True,
        "repaired",
        "clause-pre-2",
    )
    assert clause.text == "A server MUST do it. It MAY say so."


#: Rules of RFC 5234, 3986, 8259 and 9111, named where the page begins.
RULES_OF_OTHERS = {
    *("ALPHA", "DIGIT", "DQUOTE"),
    *("JSON-text", "absolute-URI", "delta-seconds", "pct-encoded", "unreserved"),
}


def grammar():
    """Return the rules of the grammar: names, and the names in their definitions."""
    blocks = re.findall(
        r"code-block:: abnf\n\n((?:    .*\n|\n)+)", PAGES["grammar"] + "\n"
    )
    lines = re.sub(r";.*", "", "".join(blocks))
    rules = re.findall(
        r"^    ([a-zA-Z][\w-]*) +=((?:.*\n)(?:     .*\n)*)", lines, re.MULTILINE
    )
    for name, definition in rules:
        plain = re.sub(r'(?:%s)?"[^"]*"|%x[0-9A-F-]+', " ", definition)
        yield name, set(re.findall(r"[a-zA-Z][\w-]*", plain))


def test_every_rule_of_the_grammar_is_defined():
    defined = dict(grammar())
    used = set().union(*defined.values())

    assert len(defined) > 30
    assert used - RULES_OF_OTHERS <= set(defined)
    assert used >= RULES_OF_OTHERS


def test_rules_of_the_grammar_are_defined_once():
    names = [name for name, _ in grammar()]

    assert sorted(set(names)) == sorted(names)
