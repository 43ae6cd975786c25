"""Groups: who is a member has what the group has, from the same step on."""

import threading

import pytest
import transaction
from webtest import TestApp

from tests.authorization.conftest import PAIRS
from tests.authorization.programs import headers_of

GROUP, ARTICLE = "/groups/friends", "/articles/a"
PRINCIPAL = f"group:{GROUP}"
ALICE, BOB, CAROL = map(headers_of, ("alice", "bob", "carol"))
ANY = {"expect_errors": True}
#: Engines whose records stay locked until the commit.
TRANSACTIONAL = ("sqlite", "postgresql")


@pytest.fixture
def service(make):
    service = make(
        group_create_principals="system.Authenticated",
        **{
            "multiauth.authorization_policy": "cliquet.authorization.AuthorizationPolicy"
        },
    )
    service.alice, service.bob, service.carol = (
        service.get("/v0/", headers=who).json["user"]["id"]
        for who in (ALICE, BOB, CAROL)
    )
    shared = {"data": {}, "permissions": {"read": [PRINCIPAL]}}
    service.put_json(f"/v0{ARTICLE}", shared, headers=ALICE)
    return service


def put(service, *members, headers=ALICE, **more):
    body = {"data": {"members": list(members)}}
    return service.put_json(f"/v0{GROUP}", body, headers={**headers, **more}, **ANY)


def reads(service, who):
    status = service.get(f"/v0{ARTICLE}", headers=who, **ANY).status_int
    listed = service.get("/v0/articles", headers=who, **ANY)
    assert listed.status_int == status
    return status == 200


def joined(service):
    """The users who have the principal, as the backend tells."""
    kept = service.app.registry.permission.all_user_principals()
    return {user for user, principal in kept if principal == PRINCIPAL}


def test_who_is_a_member_has_what_the_group_has(service):
    assert not reads(service, BOB)

    assert put(service, service.bob).status_int == 201

    assert reads(service, BOB)
    assert not reads(service, CAROL)


@pytest.mark.parametrize("way", ["PUT", "PATCH", "DELETE", "DELETE all", "batch"])
def test_who_leaves_has_it_no_more(service, way):
    put(service, service.bob, service.carol)
    url, body = f"/v0{GROUP}", {"data": {"members": [service.carol]}}
    asked = {
        "PUT": lambda: service.put_json(url, body, headers=ALICE),
        "PATCH": lambda: service.patch_json(url, body, headers=ALICE),
        "DELETE": lambda: service.delete(url, headers=ALICE),
        "DELETE all": lambda: service.delete("/v0/groups", headers=ALICE),
        "batch": lambda: service.post_json(
            "/v0/batch",
            {"requests": [{"method": "PATCH", "path": GROUP, "body": body}]},
            headers=ALICE,
        ),
    }
    asked[way]()

    assert not reads(service, BOB)
    remain = set() if "DELETE" in way else {service.carol}
    assert joined(service) == remain


def test_all_groups_that_are_deleted_are_left(service):
    other = {"data": {"members": [service.bob, service.carol]}}
    service.put_json("/v0/groups/others", other, headers=ALICE)
    service.put_json("/v0/groups/kept", other, headers=CAROL)
    put(service, service.bob, service.carol)

    service.delete("/v0/groups", headers=ALICE)

    kept = service.app.registry.permission.all_user_principals()
    assert {each for _, each in kept} == {"group:/groups/kept"}


def test_other_fields_are_kept_and_change_no_member(service):
    put(service, service.bob)

    body = {"data": {"title": "Friends"}}
    service.patch_json(f"/v0{GROUP}", body, headers=ALICE)

    stored = service.app.registry.storage.get("group", "", "friends")
    assert stored["title"] == "Friends"
    assert stored["members"] == [service.bob]
    assert joined(service) == {service.bob}


def test_a_group_that_is_posted_has_members_too(service):
    body = {"data": {"members": [service.bob]}}

    made = service.post_json("/v0/groups", body, headers=ALICE).json["data"]

    principals = service.app.registry.permission.user_principals(service.bob)
    assert principals == {f"group:/groups/{made['id']}"}


REFUSED = {
    "not permitted": ("PUT", {"members": []}, BOB, {}, 403),
    "not permitted to PATCH": ("PATCH", {"members": []}, BOB, {}, 403),
    "not permitted to DELETE": ("DELETE", None, BOB, {}, 403),
    "not authenticated": ("PUT", {"members": []}, {}, {}, 401),
    "stale": ("PUT", {"members": []}, ALICE, {"If-Match": '"1"'}, 412),
    "stale PATCH": ("PATCH", {"members": []}, ALICE, {"If-Match": '"1"'}, 412),
    "stale DELETE": ("DELETE", None, ALICE, {"If-Match": '"1"'}, 412),
    "there already": ("PUT", {"members": []}, ALICE, {"If-None-Match": "*"}, 412),
}


@pytest.mark.parametrize("way", ["alone", "batch"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_changes_no_member(service, name, way):
    method, data, who, more, status = REFUSED[name]
    put(service, service.bob)
    body = None if data is None else {"data": data}
    if way == "alone":
        send = getattr(service, f"{method.lower()}_json")
        arguments = {} if body is None else {"params": body}
        answer = send(f"/v0{GROUP}", headers={**who, **more}, **arguments, **ANY)
        found = answer.status_int
    else:
        entry = {"method": method, "path": GROUP, "headers": more}
        entry.update({} if body is None else {"body": body})
        batch = service.post_json("/v0/batch", {"requests": [entry]}, headers=who)
        found = batch.json["responses"][0]["status"]

    assert found == status
    assert joined(service) == {service.bob}
    assert reads(service, BOB)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ("bob", "members"),
        ([1], "members.0"),
        (["bob"], "members.0"),
        (["system.Everyone"], "members.0"),
        (["system.Authenticated"], "members.0"),
        (["basicauth:a", ""], "members.1"),
        (["basicauth:"], "members.0"),
        ([":a"], "members.0"),
        (["group:/groups/others"], "members.0"),
        (["group:friends"], "members.0"),
        (["basicauth:" + "a" * 1000], "members.0"),
        (["basicauth:a\0"], ""),
        ([f"basicauth:{number}" for number in range(10_001)], "members"),
        ({"basicauth:a": 1}, "members"),
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
def test_members_are_ids_of_users(service, members, said, method):
    put(service, service.bob)
    url = "/v0/groups" if method == "POST" else f"/v0{GROUP}"
    send = getattr(service, f"{method.lower()}_json")

    answer = send(url, {"data": {"members": members}}, headers=ALICE, status=400)

    assert said in answer.text
    assert joined(service) == {service.bob}


def test_a_member_who_is_named_twice_is_one(service):
    answer = put(service, service.bob, service.carol, service.bob)

    assert answer.json["data"]["members"] == [service.bob, service.carol]


def test_as_many_members_as_are_allowed_join_and_leave(service):
    many = [f"basicauth:{number}" for number in range(10_000)]
    put(service, *many)
    assert joined(service) == set(many)

    put(service, *many[5000:])

    assert joined(service) == set(many[5000:])


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_the_id_of_a_deleted_group_is_for_those_who_may_write_it(service, method):
    def again(who):
        body = {"data": {"id": "friends", "members": [service.bob]}}
        if method == "PUT":
            return service.put_json(f"/v0{GROUP}", body, headers=who, **ANY)
        return service.post_json("/v0/groups", body, headers=who, **ANY)

    put(service, service.carol)
    service.delete(f"/v0{GROUP}", headers=ALICE)

    assert again(BOB).status_int == 403
    assert again(ALICE).status_int == 403
    assert joined(service) == set()
    assert not reads(service, BOB)
    # What others share with Bob is none of it.
    mine = {"data": {}, "permissions": {"write": [service.bob]}}
    service.put_json("/v0/groups/another", mine, headers=CAROL)
    assert again(BOB).status_int == 403

    backend = service.app.registry.permission
    backend.add_principal_to_ace("/groups", "write", service.carol)
    transaction.commit()
    assert again(CAROL).status_int == 201
    assert reads(service, BOB)


def test_what_a_batch_wrote_before_counts_for_what_follows(service):
    body = {"data": {"members": [service.bob]}}
    entries = [
        {"method": "GET", "path": ARTICLE, "headers": BOB},
        {"method": "PUT", "path": GROUP, "body": body},
        {"method": "GET", "path": ARTICLE, "headers": BOB},
        {"method": "DELETE", "path": GROUP},
        {"method": "GET", "path": ARTICLE, "headers": BOB},
    ]

    batch = service.post_json("/v0/batch", {"requests": entries}, headers=ALICE)

    found = [each["status"] for each in batch.json["responses"]]
    assert found == [403, 201, 200, 200, 403]


def test_a_batch_that_is_undone_changes_no_member(service, monkeypatch):
    put(service, service.bob)
    registry = service.app.registry

    def fail(*args, **kwargs):
        raise ZeroDivisionError

    entries = [
        {"method": "PATCH", "path": GROUP, "body": {"data": {"members": []}}},
        {"method": "POST", "path": "/articles", "body": {"data": {}}},
    ]
    monkeypatch.setattr(registry.storage, "create", fail)
    service.post_json("/v0/batch", {"requests": entries}, headers=ALICE, status=500)
    monkeypatch.undo()

    # Where nothing is undone, what came before the failure stays (docs:
    # rules-batch-transaction).
    undone = getattr(registry.permission, "joins_transaction", False)
    assert joined(service) == ({service.bob} if undone else set())


@pytest.mark.parametrize(
    "pair",
    # Elsewhere nothing keeps others out between the record and the members (docs:
    # rules-atomic-writes).
    [each for each in PAIRS if each[0] == each[1] or each[0] in TRANSACTIONAL],
    ids="-".join,
    indirect=True,
)
def test_members_are_those_of_the_version_that_stays(service):
    """Many write at the same time; whoever reads finds one version of both."""
    put(service)
    users = [f"basicauth:{number}" for number in range(6)]

    def write(own):
        client = TestApp(service.app)
        for number in range(15):
            body = {"data": {"members": own[: number % 3 + 1]}}
            client.put_json(f"/v0{GROUP}", body, headers=ALICE, **ANY)

    threads = [
        threading.Thread(target=write, args=(users[start : start + 3],))
        for start in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    stored = service.app.registry.storage.get("group", "", "friends")
    assert joined(service) == set(stored["members"])


def test_groups_are_below_a_parent_on_request(make):
    service = make(
        groups_path="/articles/{article}/groups",
        inherit_permissions="true",
        write_implies_read="true",
        **{
            "multiauth.authorization_policy": "cliquet.authorization.AuthorizationPolicy"
        },
    )
    bob = service.get("/v0/", headers=BOB).json["user"]["id"]
    service.put_json(f"/v0{ARTICLE}", {"data": {}}, headers=ALICE)
    path = f"{ARTICLE}/groups/friends"
    body = {"data": {"members": [bob]}}
    service.put_json(f"/v0{path}", body, headers=BOB, status=403)

    service.put_json(f"/v0{path}", body, headers=ALICE, status=201)

    backend = service.app.registry.permission
    assert backend.user_principals(bob) == {f"group:{path}"}
    service.get("/v0/articles/b/groups", headers=ALICE, status=403)
    listed = service.get(f"/v0{ARTICLE}/groups", headers=ALICE).json["data"]
    assert [each["id"] for each in listed] == ["friends"]
    service.delete(f"/v0{ARTICLE}/groups", headers=ALICE)
    assert backend.user_principals(bob) == set()
