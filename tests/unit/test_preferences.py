"""`Prefer` headers, and lists in headers of responses."""

import pytest
from webob import Response

from cliquet.headers import add_vary, append, joined
from cliquet.protocol.links import add_link, set_next_page
from cliquet.protocol.preferences import parse_prefer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        (" , ,", {}),
        ("return=minimal", {"return": "minimal"}),
        ("Return = Minimal", {"return": "minimal"}),
        ('return="minimal"', {"return": "minimal"}),
        ('return="min\\imal"', {"return": "minimal"}),
        ("respond-async, return=minimal; foo=bar,wait=10", {"respond-async": "", "return": "minimal", "wait": "10"}),
        ('a="x, return=minimal; b", return=representation', {"a": "x, return=minimal; b", "return": "representation"}),
        # Parameters are no preferences.
        ("wait=10; return=minimal", {"wait": "10"}),
        ("wait=10;;return=minimal;a,b", {"wait": "10", "b": ""}),
        # The first counts.
        ("return=representation, return=minimal", {"return": "representation"}),
        ("return=other, return=minimal", {"return": "other"}),
        # An empty value is none.
        ('return="", wait', {"return": "", "wait": ""}),
        # What is no preference is passed over.
        ("return minimal, wait", {"wait": ""}),
        ("return==minimal, wait", {"wait": ""}),
        ("=, return=minimal", {"return": "minimal"}),
        # What cannot be read ends the header.
        ("wait=1, (, return=minimal", {"wait": "1"}),
        ('return=minimal, a="open', {"return": "minimal"}),
        ("wait, é, return=minimal", {"wait": ""}),
    ],
)  # fmt: skip
def test_preferences_are_read_as_rfc_7240_writes_them(text, expected):
    # `a` of the unfinished text is a preference without value.
    found = parse_prefer(text)
    found = {name: value for name, value in found.items() if (name, value) != ("a", "")}

    assert found == expected


@pytest.mark.parametrize(
    "text", ['"' * 100_000, '"\\' * 50_000, "a=" * 50_000, " " * 100_000, ";" * 100_000]
)
def test_long_headers_are_read_once(text):
    # It ends: with steps that grow with the square it would not.
    assert isinstance(parse_prefer(text), dict)


@pytest.fixture(params=["of WebOb", "a mapping"])
def headers(request):
    return Response().headers if request.param == "of WebOb" else {}


def test_items_are_added_to_a_field_on_one_line(headers):
    append(headers, "Link", "<a>")
    append(headers, "Link", "<b>")

    assert headers["Link"] == joined(headers, "Link") == "<a>, <b>"


def test_lines_that_others_wrote_are_kept():
    headers = Response().headers
    headers.add("Vary", "Accept-Language")
    headers.add("Vary", "Cookie")

    add_vary(headers, "Accept")

    assert headers.getall("Vary") == ["Accept-Language, Cookie, Accept"]


@pytest.mark.parametrize(
    ("before", "after"),
    [("", "Accept"), ("accept", "accept"), ("Accept-Language", "Accept-Language, Accept"),
     ("Origin, Accept, Prefer", "Origin, Accept, Prefer"), ("*", "*")],
)  # fmt: skip
def test_vary_names_a_header_once(headers, before, after):
    if before:
        headers["Vary"] = before

    add_vary(headers, "Accept")

    assert headers["Vary"] == after


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("https://a.example/b?c=d%20e&f=[g]#h", "https://a.example/b?c=d%20e&f=[g]#h"),
        ("/relative", "/relative"),
        ("https://a.example/é b", "https://a.example/%C3%A9%20b"),
        ('a>; rel="next", <b', "a%3E;%20rel=%22next%22,%20%3Cb"),
        ("a\r\nSet-Cookie: x", "a%0D%0ASet-Cookie:%20x"),
    ],
)
def test_targets_cannot_end_a_link(target, written):
    response = Response()

    add_link(response, target, "sunset")

    assert response.headers["Link"] == f'<{written}>; rel="sunset"'


def test_a_list_that_is_read_again_has_one_next_page():
    response = Response()
    response.headers["Link"] = "</other>; rel=author"

    set_next_page(response, "/first")
    set_next_page(response, "/second")

    assert response.headers["Next-Page"] == "/second"
    assert response.headers["Link"] == '</other>; rel=author, </second>; rel="next"'
