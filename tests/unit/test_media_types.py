"""`Accept` headers, read without a request."""

import pytest

from cliquet.framework.media_types import bare_type, prefers_problems, read_accept

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("application/json", "application/json"),
        ("Application/JSON", "application/json"),
        ("application/json ; charset=utf-8", "application/json"),
        (" text/plain;a=b;c=d", "text/plain"),
        ("", ""),
        (";charset=utf-8", ""),
    ],
)
def test_a_type_has_no_parameters_and_small_letters(text, expected):
    assert bare_type(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ["text/html", "application/json"]),
        ("", ["text/html", "application/json"]),
        ("garbage", ["text/html", "application/json"]),
        ("text/html;q=0.5, application/json", ["application/json", "text/html"]),
        # The better one, where parameters made two ranges of one.
        ("application/json;v=1;q=0.2, text/html;q=0.5, application/json;v=2", ["application/json", "text/html"]),
        # Problems admit JSON too, after everything that is named.
        (f"{PROBLEM}, text/html;q=0.1", ["text/html", "application/json"]),
        (f"{PROBLEM}, */*", ["text/html", "application/json"]),
        (f"{PROBLEM}, */*;q=0", ["application/json"]),
        (f"{PROBLEM}, application/json;q=0", []),
        (f"{PROBLEM};q=0", []),
    ],
)  # fmt: skip
def test_offers_are_ordered_by_quality(value, expected):
    offers = read_accept(value).acceptable_offers(["text/html", "application/json"])

    assert [offer for offer, _ in offers] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (PROBLEM, True),
        ("Application/Problem+JSON", True),
        (f"{PROBLEM};charset=utf-8", True),
        (f"application/json, {PROBLEM}", True),
        (f"application/json;q=0.5, {PROBLEM};q=0.5", True),
        (f"{PROBLEM}, */*", True),
        (f"text/html, {PROBLEM};q=0.1", True),
        (f"application/json, {PROBLEM};q=0.9", False),
        # What JSON has from a range counts as well.
        (f"*/*, {PROBLEM};q=0.9", False),
        (f"application/*, {PROBLEM};q=0.9", False),
        (f"{PROBLEM};q=0", False),
        # Everybody sends that.
        (None, False), ("", False), ("*/*", False), ("application/*", False),
        ("application/json", False), ("application/problem+xml", False),
        # It is not a type here.
        (f'text/html;a="{PROBLEM}", */*', False),
        # Headers that cannot be read count as absent.
        (f"{PROBLEM};q=2", False), (f"{PROBLEM}, garbage", False),
    ],
)  # fmt: skip
def test_problems_are_preferred_by_those_who_name_them(value, expected):
    assert prefers_problems(value) is expected
