"""Who may write but not read is told what they sent, the id and the new timestamp."""

import json

import pytest

from tests.contract.backends import APP_ENGINES

ALICE = {"Authorization": "Basic YWxpY2U6"}
MALLORY = {"Authorization": "Basic bWFsbG9yeTo="}
RECORD, OTHER = "/articles/there", "/articles/other-one"
STORED = {"title": "SECRET", "rank": 1, "kept": "SECRET", "code": "SECRET"}
ANY = {"expect_errors": True}
SETTINGS = {
    "paginated_delete": True,
    # Nobody who writes reads because of that.
    "multiauth.authorization_policy": "cliquet.authorization.AuthorizationPolicy",
}

pytestmark = pytest.mark.parametrize(
    "pair",
    [(engine.id, engine.id) for engine in APP_ENGINES],
    ids=[engine.id for engine in APP_ENGINES],
    indirect=True,
)


def patch(data=None, **more):
    return ("PATCH", RECORD, {"data": data or {}, **more}, {})


ASKED = {
    "PATCH of nothing": patch(),
    "PATCH of a field": patch({"rank": 5}),
    "light": ("PATCH", RECORD, {"data": {"rank": 1}}, {"Response-Behavior": "light"}),
    "diff": ("PATCH", RECORD, {"data": {"rank": 1}}, {"Response-Behavior": "diff"}),
    "PATCH of permissions": ("PATCH", RECORD, {"permissions": {"write": ["x"]}}, {}),
    "PATCH of a read-only field": patch({"code": "guess"}),
    "PATCH of a unique field": patch({"slug": "taken"}),
    "stale PATCH": ("PATCH", RECORD, {"data": {}}, {"If-Match": '"1"'}),
    "PUT": ("PUT", RECORD, {"data": {"rank": 5}}, {}),
    "PUT of permissions": (
        "PUT", RECORD, {"data": {"rank": 5}, "permissions": {"write": ["x"]}}, {},
    ),
    "PUT of a unique field": ("PUT", RECORD, {"data": {"slug": "taken"}}, {}),
    "PUT of a read-only field": ("PUT", RECORD, {"data": {"code": "guess"}}, {}),
    "stale PUT": ("PUT", RECORD, {"data": {}}, {"If-Match": '"1"'}),
    "PUT of a new one": ("PUT", RECORD, {"data": {}}, {"If-None-Match": "*"}),
    "DELETE": ("DELETE", RECORD, None, {}),
    "stale DELETE": ("DELETE", RECORD, None, {"If-Match": '"1"'}),
    "DELETE of all": ("DELETE", "/articles", None, {}),
    "DELETE of a page": ("DELETE", "/articles?_limit=1&_sort=title", None, {}),
    "POST": ("POST", "/articles", {"data": {"id": "there"}}, {}),
    "stale POST": (
        "POST", "/articles", {"data": {"id": "there"}}, {"If-Match": '"1"'},
    ),
    "POST of a new one": (
        "POST", "/articles", {"data": {"id": "there"}}, {"If-None-Match": "*"},
    ),
    "POST of a unique field": ("POST", "/articles", {"data": {"slug": "taken"}}, {}),
}  # fmt: skip


@pytest.fixture(params=["alone", "batch"])
def ask(request, make):
    """Ask a service for something as a user; the status and all of the answer as text."""
    service = make(**SETTINGS)
    mallory = service.get("/v0/", headers=MALLORY).json["user"]["id"]
    service.times = []

    def ask(method, path, body, headers, *, rights):
        granted = {right: [mallory, "secret-group"] for right in rights}
        for place, data in ((RECORD, STORED), (OTHER, {**STORED, "slug": "taken"})):
            answer = service.put_json(
                f"/v0{place}", {"data": data, "permissions": granted}, headers=ALICE
            )
            service.times.append(answer.json["data"]["last_modified"])
        if request.param == "alone":
            send = getattr(service, f"{method.lower()}_json")
            arguments = {} if body is None else {"params": body}
            headers = {**MALLORY, **headers}
            answer = send(f"/v0{path}", headers=headers, **arguments, **ANY)
            return answer.status_int, json.dumps([dict(answer.headers), answer.json])
        entry = {"method": method, "path": path, "headers": headers}
        if body is not None:
            entry["body"] = body
        batch = service.post_json("/v0/batch", {"requests": [entry]}, headers=MALLORY)
        (answer,) = batch.json["responses"]
        return answer["status"], json.dumps([answer["headers"], answer["body"]])

    ask.service = service
    return ask


def assert_nothing_is_told(ask, text):
    assert "SECRET" not in text
    assert "secret-group" not in text
    assert not any(str(time) in text for time in ask.service.times)


@pytest.mark.parametrize("name", ASKED)
def test_those_who_may_only_write_are_told_nothing(ask, name):
    status, text = ask(*ASKED[name], rights=["write"])

    method, *_ = ASKED[name]
    assert_nothing_is_told(ask, text)
    if method != "DELETE":
        assert "other-one" not in text
    if name.startswith(("stale", "PUT of a new")) and method != "POST":
        assert status == 412
    elif "read-only" in name:
        assert status == 400
    elif method == "POST":
        assert (status, "there" in text) == (403, False)
    else:
        assert status == (409 if "unique" in name else 200)


@pytest.mark.parametrize("name", ASKED)
def test_those_who_may_read_are_told_as_ever(ask, name):
    status, text = ask(*ASKED[name], rights=["read", "write"])

    if (
        "read-only" not in name
        and "DELETE" not in name
        and name not in ("light", "diff")
    ):
        assert "SECRET" in text
    assert status != 403


@pytest.mark.parametrize("name", ASKED)
def test_those_who_may_nothing_are_refused(ask, name):
    status, text = ask(*ASKED[name], rights=[])

    assert_nothing_is_told(ask, text)
    assert status == 403


def test_what_was_sent_is_told(ask):
    _, text = ask("PATCH", RECORD, {"data": {"rank": 5}}, {}, rights=["write"])

    body = json.loads(text)[1]
    assert body["data"].pop("last_modified") > max(ask.service.times)
    assert body == {"data": {"rank": 5, "id": "there"}}


def test_permissions_that_were_sent_are_told(ask):
    body = {"data": {"rank": 5}, "permissions": {"read": ["x"]}}

    _, text = ask("PUT", RECORD, body, {}, rights=["write"])

    shown = json.loads(text)[1]
    assert shown["permissions"] == {"read": ["x"]}
    assert set(shown["data"]) == {"rank", "code", "id", "last_modified"}


def test_who_creates_is_told_all(make):
    service = make(**SETTINGS)

    made = service.put_json(f"/v0{RECORD}", {"data": {"rank": 1}}, headers=ALICE)

    assert made.json["data"]["code"] == "none"
    assert len(made.json["permissions"]["write"]) == 1
