"""Event streams are read alike, wherever they are cut (`clients/events.json`)."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliquet.client.events import EventReader

CASES = json.loads(
    (Path(__file__).parents[2] / "clients" / "events.json").read_text("utf-8")
)
PIECES = st.sampled_from(
    ["\r", "\n", "\r\n", "\n\n", ":", " ", "data", "data: é", "id: 1", "id", "id: 2\0",
     "event: x", "retry: 5", "\ufeff", "😀", "\0", "other: y"]
)  # fmt: skip


def read(chunks):
    """Return all that a reader tells of chunks."""
    reader = EventReader()
    events = [
        (event.type, event.data, event.id)
        for chunk in chunks
        for event in reader.feed(chunk)
    ]
    return events, reader.last_id, reader.retry, reader.comments


def cut(content, places):
    ends = sorted({min(place, len(content)) for place in places} | {len(content)})
    return [content[a:b] for a, b in itertools.pairwise([0, *ends])]


@pytest.mark.parametrize("case", CASES, ids=lambda each: each["name"])
def test_what_streams_tell(case):
    content = case["text"].encode()
    events = [tuple(each) for each in case["events"]]
    expected = (events, case["last"], case.get("retry"), case.get("comments", 0))

    assert read([content]) == expected
    assert read(bytes([each]) for each in content) == expected
    for places in itertools.combinations(range(len(content)), 2):
        assert read(cut(content, places)) == expected


@given(st.lists(PIECES, max_size=30).map("".join), st.lists(st.integers(0, 99)))
def test_any_cut_tells_the_same(text, places):
    content = text.encode()

    assert read(cut(content, places)) == read([content])


@given(st.binary(max_size=60), st.lists(st.integers(0, 60)))
def test_any_bytes_are_read(content, places):
    assert read(cut(content, places)) == read([content])
