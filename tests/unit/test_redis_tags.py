"""Hash tags of a cluster: what is together, whatever names hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from cliquet.engines.redis.tags import (
    are_together,
    by_tag,
    parent_of,
    tag_of,
    tagged,
    untagged,
)
from cliquet.storage.query import Scope
from cliquet.storage.redis.keys import Keys

NAMES = st.text(alphabet="ab./{}%*?[]\\;é", max_size=8)


@pytest.mark.parametrize(
    ("object_id", "parent"),
    [
        ("/notes/1", ""),
        ("/notes/", ""),
        ("/projects/1/tasks/2", "/projects/1"),
        ("/projects/1/tasks/", "/projects/1"),
        ("", ""),
        ("text", ""),
    ],
)
def test_the_parent_of_an_object(object_id, parent):
    assert parent_of(object_id) == parent


@given(NAMES, NAMES, NAMES)
def test_all_keys_of_a_parent_are_in_one_slot(collection_id, parent_id, object_id):
    scope, keys = Scope(collection_id, parent_id), Keys(tagged)
    found = [*keys.of_write(scope, object_id), *keys.of_page(scope)]
    found += [*keys.of_move(scope), keys.beginning(scope), tagged(parent_id)]

    assert are_together(found)
    assert len({key_slot(key.encode()) for key in found}) == 1


@given(NAMES, NAMES)
def test_keys_differ_from_those_of_a_single_server_by_their_tag(
    collection_id, parent_id
):
    scope = Scope(collection_id, parent_id)

    for one, other in zip(
        Keys(tagged).of_page(scope), Keys(untagged).of_page(scope), strict=True
    ):
        assert one == tagged(parent_id) + other
        assert tag_of(one) == tagged(parent_id)


@pytest.mark.parametrize("tag", [tagged, untagged])
@pytest.mark.parametrize("parent_id", ["", "mat", "a.b", "/projects/1", "{a}.b%"])
@pytest.mark.parametrize("collection_id", ["notes", "{a}notes"])
def test_collections_are_found_by_the_key_of_their_timestamp(
    tag, parent_id, collection_id
):
    scope = Scope(collection_id, parent_id)

    keys = Keys(tag)

    assert keys.scope_of(keys.key(scope, "timestamp")) == scope


def test_objects_are_told_apart_by_their_parents():
    objects = ["/a/1", "/a/1/b/2", "/a/1/b/3", "/c/4"]

    assert by_tag(tagged, objects, str) == {
        "{/}": ["/a/1", "/c/4"],
        "{/a/1}": ["/a/1/b/2", "/a/1/b/3"],
    }
    assert by_tag(untagged, objects, str) == {"": objects}
