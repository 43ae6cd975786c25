"""Object ids and record ids: there and back, segment by segment."""

from importlib import resources
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.request import Request
from pyramid.traversal import quote_path_segment

from cliquet.object_ids import (
    ODD_IN_SQL,
    RecordPath,
    matcher,
    quote_id,
    quote_ids,
    quote_path,
    unquote_id,
)
from cliquet.protocol.routing import object_path

texts = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1)


@given(texts)
def test_a_record_id_is_one_segment_and_back(record_id):
    segment = quote_id(record_id)

    assert segment == quote_path_segment(record_id)
    assert unquote_id(segment) == record_id
    assert RecordPath("/a/").record_ids([f"/a/{segment}"]) == [record_id]
    assert list(quote_ids([record_id, "x"])) == [segment, "x"]


@given(texts, st.text("%2FfaAé/ \0", max_size=6))
def test_a_segment_is_of_no_other_id(record_id, segment):
    found = unquote_id(segment)

    assert found is None or quote_id(found) == segment
    assert quote_id(record_id) != segment or found == record_id


@pytest.mark.parametrize(
    "object_id", ["/a/", "/a", "/a/b/c", "/x/a/b", "/a/%2F", "/a/%00", "/a/%FF", "/a/é"]
)
def test_what_is_no_record(object_id):
    assert RecordPath("/a/").record_ids([object_id]) == []


def test_postgresql_indexes_what_it_looks_for():
    schema = resources.files("cliquet.permission.postgresql") / "schema.sql"

    assert f"""object_id COLLATE "C" ~ '{ODD_IN_SQL}'""" in schema.read_text()


@given(st.lists(st.sampled_from(["a", "ab", "*", "/", ""])), st.text("ab/*"))
def test_patterns_are_those_of_stars(parts, text):
    pattern = "".join(parts)
    # All ways to place the stars, one character after the other.
    places = {0}
    for character in pattern:
        if character == "*":
            places = set(range(min(places, default=len(text) + 1), len(text) + 1))
        else:
            places = {at + 1 for at in places if text[at : at + 1] == character}

    assert matcher(pattern)(text) is (len(text) in places)


@pytest.mark.parametrize("mounted", ["", "/mounted", "/m%20é", "/v1"])
@pytest.mark.parametrize(
    ("spelled", "object_id"),
    [
        ("/v1/a/x", "/a/x"),
        ("/v1/a/%78", "/a/x"),
        ("/v1/a/caf%c3%a9", "/a/caf%C3%A9"),
        ("/v1/a/%7E%2A!", "/a/~*!"),
        ("/v1/a/%2522", "/a/%2522"),
    ],
)
def test_a_path_is_quoted_in_one_way_below_the_mount_point(mounted, spelled, object_id):
    request = Request.blank(spelled)
    request.script_name = mounted

    assert object_path(request) == object_id
    assert quote_path("/é ") == quote("/é ")
