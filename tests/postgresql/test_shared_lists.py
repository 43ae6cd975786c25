"""Lists of shared records are found by the database that has their permissions."""

import pytest
import sqlalchemy
from webtest import TestApp

from tests.contract.sharing import ALICE, BOB, ids_of, share_some
from tests.postgresql.conftest import build_sharing_app


@pytest.fixture(params=[2, 100], ids=["many", "few"], autouse=True)
def few(request, monkeypatch):
    """Five shared records are found by their permissions, or by their ids."""
    monkeypatch.setattr("cliquet.permission.postgresql._FEW", request.param)
    return request.param


@pytest.fixture
def application(url):
    return build_sharing_app(url)


@pytest.fixture
def app(application):
    return TestApp(application)


@pytest.fixture
def shared(app):
    return share_some(app)


@pytest.fixture
def statements(application):
    heard = []
    engine = application.registry.storage.client.session_factory().get_bind()

    def listen(connection, cursor, statement, *rest):
        heard.append(statement)

    sqlalchemy.event.listen(engine, "before_cursor_execute", listen)
    yield heard
    sqlalchemy.event.remove(engine, "before_cursor_execute", listen)


def test_only_what_is_shared_is_listed_and_counted(app, shared):
    listed = app.get("/v0/toadstools?_limit=3", headers=BOB)
    following = app.get(listed.headers["Next-Page"], headers=BOB)

    assert listed.headers["Total-Records"] == "5"
    assert {*ids_of(listed), *ids_of(following)} == set(shared)


def test_filters_apply_to_what_is_shared(app, shared):
    listed = app.get("/v0/toadstools?name=n1&_since=1", headers=BOB)
    hidden = app.get("/v0/toadstools?name=n2", headers=BOB)

    assert ids_of(listed) == [shared[0]]
    assert (hidden.json["data"], hidden.headers["Total-Records"]) == ([], "0")


def test_deleting_all_deletes_what_one_may_write(app, application, shared):
    bob = app.get("/v0/", headers=BOB).json["user"]["id"]
    body = {"permissions": {"write": [bob]}}
    app.patch_json(f"/v0/toadstools/{shared[0]}", body, headers=ALICE)

    deleted = app.delete("/v0/toadstools", headers=BOB)

    assert ids_of(deleted) == [shared[0]]
    assert application.registry.storage.get_all("toadstool", "")[1] == 9


def test_who_shares_nothing_is_refused(app, shared):
    app.get("/v0/toadstools", headers={"Authorization": "Basic Y2Fyb2w6"}, status=403)


@pytest.mark.usefixtures("unhurried")
def test_ids_are_not_read_for_a_list(app, shared, statements, few):
    app.get("/v0/toadstools", headers=BOB)

    assert not any("DISTINCT object_id" in statement for statement in statements)
    assert ("EXISTS" in statements[-1]) == (few == 2)
    # Of many, it is asked along whether any has an id that URLs quote.
    assert len(statements) == 4


@pytest.mark.usefixtures("unhurried")
def test_a_batch_reads_the_permissions_of_its_records_at_once(app, shared, statements):
    paths = [f"/v0/toadstools/{each}" for each in shared]
    entries = [{"path": path} for path in paths]

    answer = app.post_json("/v0/batch", {"requests": entries}, headers=BOB)

    assert {each["status"] for each in answer.json["responses"]} == {200}
    asked = [each for each in statements if "user_principals" in each]
    assert len(asked) == 1
    assert len(statements) == 1 + len(paths)


def test_groups_are_not_read_where_settings_permit(app, statements):
    body = {"data": {"name": "a"}}

    app.post_json("/v0/toadstools", body, headers=ALICE)

    assert not any("user_principals" in statement for statement in statements)


def test_connections_are_returned_at_the_end(app, application, shared):
    missing = "/v0/toadstools/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
    unknown = {"Authorization": "Basic Y2Fyb2w6"}

    app.get("/v0/toadstools", headers=BOB)
    app.get(f"/v0/toadstools/{shared[0]}", headers=BOB)
    app.get(missing, headers=BOB, status=403)
    app.put_json(missing, {"data": {"name": "a"}}, headers=ALICE)
    app.put_json(missing, {"data": 1}, headers=ALICE, status=400)
    app.get("/v0/toadstools?_limit=-1", headers=BOB, status=400)
    app.get("/v0/toadstools", headers=unknown, status=403)

    pool = application.registry.storage.client.session_factory.engine.pool
    assert pool.checkedout() == 0
