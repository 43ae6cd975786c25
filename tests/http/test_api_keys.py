"""API keys in requests: who sends them, and what is asked of the storage for it."""

import secrets

import pytest
import transaction
from pyramid.exceptions import ConfigurationError
from pyramid.request import Request
from pyramid.security import remember

from cliquet.authentication import keys
from tests.waiting import Clock

POLICY = "cliquet.authentication.apikey.APIKeyAuthenticationPolicy"
PRIVATE = "/mushrooms"
SETTINGS = {
    "multiauth.policies": "key",
    "multiauth.policy.key.use": POLICY,
    "multiauth.policy.key.realm": "Mushrooms",
    "vary": "Authorization, X-API-Key",
}
NEVER = "ck_" + "a" * 43


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("cliquet.authentication.apikey.CLOCK", clock)
    return clock


@pytest.fixture
def app(make_app, clock):
    # An application of its own: its policy remembers keys, by this clock.
    return make_app(**SETTINGS, project_docs=new_url())


def new_url():
    """Return a setting that no application has: those of equal settings are shared."""
    return f"https://docs.test/{secrets.token_hex()}"


@pytest.fixture
def storage(app):
    return app.app.registry.storage


@pytest.fixture
def asked(storage, monkeypatch):
    """How often the storage was asked for a key."""
    found, get = [], storage.get

    def counted(*args, **names):
        if names.get("collection_id") == keys.COLLECTION["collection_id"]:
            found.append(names["object_id"])
        return get(*args, **names)

    monkeypatch.setattr(storage, "get", counted)
    return found


@pytest.fixture
def key(storage):
    return made_key(storage, "backup")


def made_key(storage, user):
    # As the command does: outside of requests nobody else commits.
    with transaction.manager:
        return keys.create(storage, user)[0]


SENT = [
    lambda key: {"X-API-Key": key},
    lambda key: {"Authorization": f"Bearer {key}"},
    lambda key: {"Authorization": f"bearer  {key}"},
    lambda key: {"X-API-Key": key, "Authorization": f"Bearer {NEVER}"},
]


@pytest.mark.parametrize("sent", SENT)
def test_a_key_is_its_user(app, key, sent):
    found = app.get("/", headers=sent(key), status=200).json
    assert found["user"]["id"] == "key:backup"
    response = app.get(PRIVATE, headers=sent(key), status=200)
    assert "X-API-Key" in response.headers["Vary"]
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize("wrong", [
    NEVER, "ck_", "ck_" + "a" * 44, "a" * 46, "", "ck_" + "a" * 2**20, "ck_" + "\\" * 43,
])  # fmt: skip
@pytest.mark.parametrize("sent", SENT[:2])
def test_other_keys_are_nobody(app, key, asked, sent, wrong):
    assert "user" not in app.get("/", headers=sent(wrong), status=200).json
    response = app.get(PRIVATE, headers=sent(wrong), status=401)
    assert response.json["errno"] == 104
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="Mushrooms"')
    # Nobody is asked for what cannot be a key.
    assert set(asked) == ({keys.id_of(NEVER)} if wrong == NEVER else set())


def test_why_a_key_is_refused_is_told(app):
    refused = 'error="invalid_token", error_description="The key is unknown"'
    for sent in SENT[:2]:
        response = app.get(PRIVATE, headers=sent(NEVER), status=401)
        assert refused in response.headers["WWW-Authenticate"]
    for headers in (
        {},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer a.b.c"},
    ):
        response = app.get(PRIVATE, headers=headers, status=401)
        assert "error" not in response.headers["WWW-Authenticate"]


def test_no_part_or_case_of_a_key_will_do(app, key):
    for wrong in (key[:-1], key.swapcase(), key + "=", key[1:], keys.id_of(key)):
        app.get(PRIVATE, headers={"X-API-Key": wrong}, status=401)


def test_a_fresh_cache_asks_nothing(app, key, asked, clock):
    headers = {"X-API-Key": key}
    for _ in range(5):
        app.get(PRIVATE, headers=headers, status=200)
        app.get("/", headers=headers, status=200)
    assert len(asked) == 1
    clock.now += keys.BELIEVED
    app.get(PRIVATE, headers=headers, status=200)
    assert len(asked) == 2


def test_a_revoked_key_is_refused_within_five_seconds(app, key, storage, clock):
    headers = {"X-API-Key": key}
    app.get(PRIVATE, headers=headers, status=200)
    with transaction.manager:
        keys.revoke(storage, key)
    clock.now += 5
    app.get(PRIVATE, headers=headers, status=401)
    app.post_json("/batch", {"requests": [{"path": PRIVATE}]}, headers=headers)


def test_entries_of_a_batch_have_the_key_of_the_batch_or_their_own(
    app, key, asked, storage
):
    other = made_key(storage, "other")
    entries = [
        {},
        {},
        {"headers": {"X-API-Key": other}},
        {"headers": {"X-API-Key": NEVER}},
    ]
    body = {"defaults": {"path": "/"}, "requests": entries}
    found = app.post_json("/batch", body, headers={"X-API-Key": key}).json["responses"]
    users = [each["body"].get("user", {}).get("id") for each in found]
    assert users == ["key:backup", "key:backup", "key:other", None]
    assert len(asked) == 3


def test_a_key_is_in_no_log(app, key, caplog):
    for sent in SENT[:2]:
        app.get(PRIVATE, headers=sent(key), status=200)
        app.get(PRIVATE, headers=sent(NEVER), status=401)
    assert caplog.records
    for record in caplog.records:
        assert key not in record.getMessage()
        assert NEVER not in record.getMessage()


def test_a_storage_that_fails_is_503(app, key, storage, monkeypatch):
    from cliquet.storage.exceptions import BackendError

    def fail(**names):
        raise BackendError(ValueError("down"))

    monkeypatch.setattr(storage, "get", fail)
    response = app.get(PRIVATE, headers={"X-API-Key": key}, status=503)
    assert "Retry-After" in response.headers
    app.get(PRIVATE, status=401)


def test_keys_are_beyond_the_reach_of_requests(app, key):
    headers = {"X-API-Key": key}
    for path in ("/__api_keys__", f"/__api_keys__/{keys.id_of(key)}"):
        app.get(path, headers=headers, status=404)
    assert app.get(PRIVATE, headers=headers).json["data"] == []


def test_a_policy_without_storage_is_refused_at_start(make_app):
    with pytest.raises(ConfigurationError, match=r"'storage_backend'.*'key'"):
        make_app(**SETTINGS, storage_backend="")


def test_views_that_sign_users_in_send_no_header_of_keys_or_tokens(make_app):
    settings = {
        **SETTINGS,
        "multiauth.policies": "jwt key",
        "multiauth.policy.jwt.use": "cliquet.authentication.jwt.JWTAuthenticationPolicy",
        "multiauth.policy.jwt.secret": secrets.token_hex(32),
    }
    request = Request.blank("/")
    request.registry = make_app(**settings).app.registry

    assert remember(request, "alice") == []


# --- Who is nobody in particular -------------------------------------------------

SAID = "Any name and password is a user"


@pytest.mark.parametrize(("settings", "times"), [
    ({}, 1),
    ({"multiauth.policies": "basicauth"}, 1),
    ({"pyramid.debug_all": "true"}, 0),
    (SETTINGS, 0),
    ({**SETTINGS, "multiauth.policies": "basicauth key"}, 0),
])  # fmt: skip
def test_basic_auth_alone_is_warned_of_once_where_others_use_it(
    make_app, caplog, settings, times
):
    make_app(**settings, project_docs=new_url())
    told = [each for each in caplog.records if SAID in each.getMessage()]
    assert [each.levelname for each in told] == ["WARNING"] * times
