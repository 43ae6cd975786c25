import pytest
from pyramid.interfaces import ISecurityPolicy

from cliquet.events import AfterResourceChanged, ResourceChanged

NOTE = "/notes/6d1a5f2e-4d0b-4c0e-9a51-1f6f6f2f7c11"


def sign_in(application):
    """Return headers with a real token."""
    security = application.registry.queryUtility(ISecurityPolicy)
    policy = next(each for _, each in security.get_policies() if hasattr(each, "sign"))
    return {"Authorization": f"Bearer {policy.sign('erin', 60)}"}


def test_notes_are_those_of_their_user(as_user):
    alice, bob = as_user("alice"), as_user("bob")
    note = alice.post("/notes", {"text": "Buy seeds"}).json["data"]

    assert alice.list("/notes") == [note]
    assert bob.list("/notes") == []
    bob.get(f"/notes/{note['id']}", status=404)


def test_flush_between_tests_whose_records_are_gone(as_user):
    assert as_user("alice").list("/notes") == []


def test_nobody_is_refused(cliquet_client):
    cliquet_client.get("/notes", status=401)
    assert cliquet_client.user_id is None


def test_groups_are_principals(as_user):
    as_user("bob").post("/articles", {"title": "No"}, status=403)
    carol = as_user("carol", groups=["editors"])

    made = carol.post(
        "/articles",
        {"title": "Yes"},
        permissions={"read": [as_user("bob").user_id]},
    ).json["data"]

    assert as_user("bob").get(f"/articles/{made['id']}").json["data"] == made
    as_user("dave").get(f"/articles/{made['id']}", status=403)
    as_user("dave", principals=["jwt:bob"]).get(f"/articles/{made['id']}")


def test_users_are_of_a_policy(as_user):
    assert as_user("alice").user_id == "jwt:alice"
    assert as_user("alice", policy="basicauth").user_id == "basicauth:alice"
    with pytest.raises(ValueError, match="there are jwt, basicauth"):
        as_user("alice", policy="other")


def test_real_policies_still_count(cliquet_client, cliquet_application):
    headers = sign_in(cliquet_application)
    assert cliquet_client.get("/", headers=headers).json["user"]["id"] == "jwt:erin"


def test_entries_of_a_batch_are_of_its_user(as_user):
    alice = as_user("alice")
    entry = {"method": "POST", "path": "/notes", "body": {"data": {"text": "a"}}}

    answers = alice.batch(entry, entry).json["responses"]

    assert [each["status"] for each in answers] == [201, 201]
    assert len(alice.list("/notes")) == 2


def test_lists_are_walked(as_user):
    alice = as_user("alice")
    for number in range(5):
        alice.post("/notes", {"text": str(number)})

    pages = list(alice.pages("/notes", params={"_limit": 2, "_sort": "text"}))

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [each["text"] for page in pages for each in page] == list("01234")


def test_preconditions_are_arguments(as_user):
    alice = as_user("alice")
    made = alice.put(NOTE, {"text": "a"}, if_none_match="*")
    alice.put(NOTE, {"text": "b"}, if_none_match="*", status=412)

    etag = made.headers["ETag"]
    alice.patch(NOTE, {"text": "b"}, if_match=etag)
    alice.delete(NOTE, if_match=etag, status=412)


def test_events_are_recorded(as_user, cliquet_events):
    as_user("alice").put(NOTE, {"text": "a"})
    as_user("alice").delete(NOTE)

    (event,) = cliquet_events.of(ResourceChanged, action="create")
    assert event.payload["user_id"] == "jwt:alice"
    after = cliquet_events.of(AfterResourceChanged, resource="note")
    assert [each.payload["action"] for each in after] == ["create", "delete"]


def test_the_clock_stands_still(as_user, cliquet_clock, cliquet_engine):
    cliquet_clock.advance(60)
    alice = as_user("alice")
    note = alice.put(NOTE, {"text": "a"}).json["data"]
    if cliquet_engine != "postgresql":
        assert note["last_modified"] == cliquet_clock.milliseconds


def test_what_expires_expires(cliquet_application, cliquet_clock, cliquet_engine):
    cache = cliquet_application.registry.cache
    cache.set("key", 1, 3600)
    cliquet_clock.advance(3601)

    is_python = cliquet_engine in ("memory", "sqlite")
    assert cache.get("key") == (None if is_python else 1)


def test_tokens_expire(cliquet_application, cliquet_client, cliquet_clock):
    headers = sign_in(cliquet_application)
    cliquet_client.get("/notes", headers=headers)

    cliquet_clock.advance(60 + 61)

    cliquet_client.get("/notes", headers=headers, status=401)
