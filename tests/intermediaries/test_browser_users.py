"""Users who sign in one after the other on one page see their own: a browser has a cache."""

import pytest

from tests.intermediaries.origin import ALICE, BOB

pytestmark = pytest.mark.intermediaries("chromium", "playwright")

ONE = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
TWO = "7a0c1f7e-0a9f-4d5c-8f52-6f1b7a3f9e21"
#: The headers of 3.1, with which each of these is seen to go wrong.
AS_IN_3_1 = {"private_responses": "false"}


def names(read):
    assert read.status == 200, read
    return sorted(record["name"] for record in read.body["data"])


def store_lists(origin):
    """Store, of each kind of resource, something for each; the newest is of Alice."""
    origin.put(f"/v0/mushrooms/{TWO}", BOB, name="of bob")
    origin.put(f"/v0/mushrooms/{ONE}", ALICE, name="of alice")
    origin.put(f"/v0/toadstools/{TWO}", ALICE, name="of all",
               permissions={"read": ["system.Everyone"]})  # fmt: skip
    origin.put(f"/v0/toadstools/{ONE}", ALICE, name="of alice",
               permissions={"read": [origin.principal(ALICE)]})  # fmt: skip


LISTS = {
    "/v0/mushrooms": {"alice": ["of alice"], "bob": ["of bob"]},
    "/v0/toadstools": {
        "alice": ["of alice", "of all"], "bob": ["of all"], "nobody": ["of all"],
    },
}  # fmt: skip
USERS = {"alice": ALICE, "bob": BOB, "nobody": None}
TURNS = {
    "alice then bob": ["alice", "bob", "alice", "bob"],
    "bob then alice": ["bob", "alice", "bob", "alice"],
    "nobody then alice": ["nobody", "alice", "bob", "nobody"],
}


def look(page, url, turns):
    """Return what each of the users sees in a list, in turns."""
    return [names(page.fetch(url, user=USERS[who])) for who in turns]


@pytest.mark.parametrize("turns", TURNS.values(), ids=TURNS)
@pytest.mark.parametrize("path", LISTS)
def test_each_user_sees_their_own_list(serve, page, path, turns):
    turns = [who for who in turns if who in LISTS[path]]
    origin = serve()
    store_lists(origin)

    assert look(page, origin.url + path, turns) == [LISTS[path][who] for who in turns]


@pytest.mark.parametrize(
    ("path", "turns"),
    [
        ("/v0/mushrooms", "alice then bob"),
        ("/v0/toadstools", "alice then bob"),
        ("/v0/toadstools", "nobody then alice"),
    ],
)
def test_with_the_headers_of_3_1_they_see_the_first_one(serve, page, path, turns):
    """What is guarded against really happens: the browser revalidates across `Vary`."""
    origin = serve(**AS_IN_3_1)
    store_lists(origin)
    first, second, *_ = TURNS[turns]

    shown = look(page, origin.url + path, [first, second])

    assert shown == [LISTS[path][first]] * 2
    assert shown[1] != LISTS[path][second]


@pytest.mark.parametrize(
    "turns", [["alice", "bob", "alice"], ["nobody", "alice", "bob"]]
)
def test_permissions_are_shown_to_those_who_may_write(serve, page, turns):
    """`hide_permissions` is not undone by what the browser kept, either way."""
    origin = serve(hide_permissions="true")
    path = f"/v0/toadstools/{ONE}"
    origin.put(path, ALICE, name="shared", permissions={"read": ["system.Everyone"]})

    shown = [
        page.fetch(origin.url + path, user=USERS[who]).body.get("permissions")
        for who in turns
    ]

    assert [bool(each) for each in shown] == [who == "alice" for who in turns]


def test_a_browser_keeps_what_is_public_for_as_long_as_was_said(serve, page):
    origin = serve(spore_cache_expires_seconds=3600)
    origin.put(f"/v0/spores/{ONE}", name="public")

    shown = [names(page.fetch(f"{origin.url}/v0/spores")) for _ in range(3)]

    assert shown == [["public"]] * 3
    assert origin.count("/v0/spores") == 1
