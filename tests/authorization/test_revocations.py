"""What was revoked stays revoked, whatever others write at that moment."""

import pytest
from webtest import TestApp

from tests.authorization.application import Article, Comment
from tests.authorization.flood import ALICE, FLOODS, GROUP, MALLORY, Trials
from tests.contract.backends import APP_ENGINES
from tests.threads import elsewhere

pytestmark = pytest.mark.parametrize(
    "pair",
    [(engine.id, engine.id) for engine in APP_ENGINES],
    ids=[engine.id for engine in APP_ENGINES],
    indirect=True,
)


@pytest.mark.long
@pytest.mark.parametrize("clients", [1, 3])
@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_a_flood_of_writes_undoes_no_revocation(make, flood, clients, request):
    """``--trials 30`` for the long form."""
    trials = Trials(make().app)
    permission = trials.permission
    elsewhere(lambda: permission.add_user_principal(trials.mallory, GROUP))

    count = request.config.getoption("--trials")
    trials.run(count, clients, flood)

    assert trials.undone == 0
    assert trials.revoked == count
    assert set(trials.seen) <= {200, 403, 503}


@pytest.fixture
def between(monkeypatch):
    """Do something in another thread, once, when a method is called for Mallory."""

    def between(owner, name, work):
        original, met = getattr(owner, name), []

        def method(self, *args, **kwargs):
            request = getattr(self, "request", None) or self._request
            is_mallory = (
                request.headers.get("Authorization") == MALLORY["Authorization"]
            )
            if is_mallory and not met:
                met.append(self)
                elsewhere(work)
            return original(self, *args, **kwargs)

        monkeypatch.setattr(owner, name, method)
        return met

    return between


@pytest.fixture
def service(make):
    """A service with three records that Mallory may write, all of Alice."""
    service = make(paginated_delete=True)
    service.mallory = service.get("/v0/", headers=MALLORY).json["user"]["id"]
    body = {"data": {}, "permissions": {"write": [service.mallory]}}
    for record_id in "abc":
        service.put_json(f"/v0/articles/{record_id}", body, headers=ALICE)
    service.revoke = lambda record_id: TestApp(service.app).patch_json(
        f"/v0/articles/{record_id}",
        {"data": {"title": "private"}, "permissions": {"write": []}},
        headers=ALICE,
    )
    return service


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("name", ["_check_id", "_unchanged"])
def test_what_is_revoked_before_the_write_is_refused(service, between, method, name):
    """Whether the record was read already, or nothing was."""
    met = between(Article, name, lambda: service.revoke("a"))
    arguments = {} if method == "DELETE" else {"params": {"data": {"title": "mine"}}}

    send = getattr(service, f"{method.lower()}_json")
    send("/v0/articles/a", headers=MALLORY, status=403, **arguments)

    assert len(met) == 1
    stored = service.app.registry.storage.get("article", "", "a")
    assert stored["title"] == "private"


@pytest.mark.parametrize("page", ["", "?_limit=5"])
@pytest.mark.parametrize("name", ["_extract_filters", "_write"])
def test_a_list_that_is_deleted_has_what_is_shared_then(service, between, page, name):
    """The ids were looked for when permission was asked."""
    met = between(Article, name, lambda: service.revoke("b"))

    deleted = service.delete_json(f"/v0/articles{page}", headers=MALLORY).json["data"]

    assert len(met) == 1
    assert sorted(each["id"] for each in deleted) == ["a", "c"]
    assert service.app.registry.storage.get("article", "", "b")["title"] == "private"


# --- What is inherited -------------------------------------------------------------


def _as_alice(service, method, path, body):
    send = getattr(TestApp(service.app), f"{method}_json")
    return send(f"/v0{path}", body, headers=ALICE)


ABOVE = {
    "the parent": lambda service: _as_alice(
        service, "patch", "/articles/a", {"permissions": {"write": []}}
    ),
    "the parent is deleted": lambda service: _as_alice(
        service, "delete", "/articles/a", {}
    ),
    "the group": lambda service: _as_alice(
        service, "patch", "/groups/writers", {"data": {"members": []}}
    ),
    "the group is deleted": lambda service: _as_alice(
        service, "delete", "/groups/writers", {}
    ),
}


@pytest.fixture
def nested(make):
    """A comment that Mallory may write: a group of theirs may write its article."""
    service = make(
        inherit_permissions="true",
        comment_create_principals="system.Authenticated",
        group_create_principals="system.Authenticated",
        **{
            "multiauth.authorization_policy": "cliquet.authorization.AuthorizationPolicy"
        },
    )
    mallory = service.get("/v0/", headers=MALLORY).json["user"]["id"]
    for path, body in (
        ("/groups/writers", {"data": {"members": [mallory]}}),
        (
            "/articles/a",
            {"data": {}, "permissions": {"write": ["group:/groups/writers"]}},
        ),
        ("/articles/a/comments/c", {"data": {"title": "first"}}),
    ):
        service.put_json(f"/v0{path}", body, headers=ALICE)
    return service


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("above", ABOVE)
def test_a_write_that_starts_again_asks_again_for_what_is_above(
    nested, between, method, above
):
    path = "/articles/a/comments/c"

    def revoke():
        ABOVE[above](nested)
        # Alice wrote the comment herself.
        _as_alice(nested, "patch", path, {"data": {"title": "private"}})

    met = between(Comment, "_unchanged", revoke)
    arguments = {} if method == "DELETE" else {"params": {"data": {"title": "mine"}}}

    send = getattr(nested, f"{method.lower()}_json")
    send(f"/v0{path}", headers=MALLORY, status=403, **arguments)

    assert len(met) == 1
    stored = nested.app.registry.storage.get("comment", "/articles/a", "c")
    assert stored["title"] == "private"


@pytest.mark.parametrize("above", ABOVE)
def test_an_entry_asks_anew_for_what_is_above(nested, above):
    """What an entry before it took away does not count any more."""
    path = "/articles/a/comments/c"
    revocations = {
        "the parent": ("PATCH", "/articles/a", {"permissions": {"write": []}}),
        "the parent is deleted": ("DELETE", "/articles/a", None),
        "the group": ("PATCH", "/groups/writers", {"data": {"members": []}}),
        "the group is deleted": ("DELETE", "/groups/writers", None),
    }
    method, of, body = revocations[above]
    write = {"method": "PATCH", "path": path, "body": {"data": {"title": "mine"}}}
    more = {} if body is None else {"body": body}
    entries = [
        {"method": "GET", "path": path, "headers": MALLORY},
        {"method": method, "path": of, "headers": ALICE, **more},
        {**write, "headers": MALLORY},
    ]

    answer = nested.post_json("/v0/batch", {"requests": entries}).json["responses"]

    assert [each["status"] for each in answer] == [403, 200, 403]
