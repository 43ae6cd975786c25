"""Polls from before the horizon: what was deleted up to then is not all known."""

import pytest
import transaction

from cliquet.storage.query import EVERY_COLLECTION

ORIGIN = {"Origin": "http://my.app"}


@pytest.fixture(params=["tell", "gone"])
def setting(request):
    return request.param


@pytest.fixture
def app(make_app, setting):
    return make_app(expired_since=setting)


@pytest.fixture
def forgotten(app, alice):
    """The timestamps of what was forgotten, and of what is left."""
    times = []
    for _ in range(3):
        created = app.post_json("/mushrooms", {"data": {"name": "a"}}, headers=alice)
        url = f"/mushrooms/{created.json['data']['id']}"
        times.append(int(app.delete(url, headers=alice).headers["ETag"].strip('"')))
    forget(app, before=times[1] + 1)
    return times


def forget(app, **options):
    storage = app.app.registry.storage
    [scope] = storage.scopes()
    storage.purge_deleted(*scope, **options)
    transaction.commit()


def told(app, alice, setting, query, method="get", **options):
    """Return the header of a poll, None where it has nothing to tell."""
    headers = {**alice, **ORIGIN, **options.pop("headers", {})}
    got = getattr(app, method)(
        f"/mushrooms{query}", headers=headers, expect_errors=True
    )
    found = got.headers.get("Horizon")
    exposed = "Horizon" in got.headers["Access-Control-Expose-Headers"].split(", ")
    assert exposed == (found is not None)
    refused = found is not None and setting == "gone"
    assert got.status_code == (410 if refused else 200)
    if refused and method == "get":
        assert got.json["errno"] == 123
    return found


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("query", [
    "?_since={0}", "?_since=%22{0}%22", "?gt_last_modified={0}", "?min_last_modified={1}",
    "?_since={0}&name=a", "?_since={0}&_sort=name", "?_since={0}&_limit=1", "?_since=1",
    "?_since={0}&_before=99999999999999", "?_since=1&min_last_modified={1}",
])  # fmt: skip
def test_polls_from_before_are_told(app, alice, setting, forgotten, query, method):
    found = told(app, alice, setting, query.format(*forgotten), method)

    assert found == f'"{forgotten[1]}"'


@pytest.mark.parametrize("query", [
    "", "?_since=0", "?_since={1}", "?_since={2}", "?min_last_modified={2}",
    "?_before={2}", "?last_modified={0}", "?_since=99999999999999", "?_sort=name",
])  # fmt: skip
def test_nobody_else_is_told(app, alice, setting, forgotten, query):
    assert told(app, alice, setting, query.format(*forgotten)) is None


def test_a_walk_is_told_on_each_page(app, alice, forgotten, setting):
    for name in "abc":
        app.post_json("/mushrooms", {"data": {"name": name}}, headers=alice)
    first = app.get(f"/mushrooms?_since={forgotten[1]}&_limit=1", headers=alice)
    forget(app)

    query = first.headers["Next-Page"].partition("/mushrooms")[2]

    assert told(app, alice, setting, query) == f'"{forgotten[2]}"'


def test_another_user_is_not_told(app, bob, forgotten, setting):
    assert told(app, bob, setting, f"?_since={forgotten[0]}") is None


def test_who_saw_what_a_restored_backup_does_not_know_gets_no_304(app, alice, setting):
    app.app.registry.storage.raise_horizon(*EVERY_COLLECTION, horizon=2000)
    transaction.commit()
    known = {"If-None-Match": '"1000"'}

    assert told(app, alice, setting, "?_since=1000", headers=known) == '"2000"'
    assert app.get("/mushrooms", headers={**alice, **known}).json["data"] == []
    nothing = {**alice, "If-None-Match": '"0"'}
    app.get("/mushrooms?_since=0", headers=nothing, status=304)


def test_deletions_are_done_by_who_was_away(app, alice, forgotten):
    app.delete(f"/mushrooms?_since={forgotten[0]}", headers=alice, status=200)


def test_entries_of_a_batch_are_told(app, alice, forgotten, setting):
    body = {"requests": [{"path": f"/mushrooms?_since={forgotten[0]}"}]}

    [entry] = app.post_json("/batch", body, headers=alice).json["responses"]

    assert entry["status"] == (410 if setting == "gone" else 200)
    assert entry["headers"]["Horizon"] == f'"{forgotten[1]}"'


def test_it_is_announced(make_app):
    capabilities = make_app(announce_capabilities=True).get("/").json["capabilities"]

    assert "horizon" in capabilities
