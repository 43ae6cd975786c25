"""Nobody pays for a count that is not shown: SQL engines are not asked for it."""

import colander
import pytest
import sqlalchemy

from cliquet import resource
from tests.contract.backends import APP_ENGINES
from tests.contract.served import ALICE, engine_settings, send, serve

ENGINES = [each for each in APP_ENGINES if each.id in ("sqlite", "postgresql")]
#: How each engine knows the size of a collection, or counts what matches.
COUNTS = ("count(*)", "SELECT records FROM timestamps")
LISTS = [
    "/v1/items?_limit=2",
    "/v1/items?_limit=2&_sort=name",
    "/v1/items?_limit=2&_since=1",
    "/v1/items?_limit=2&min_size=1",
    "/v1/items?_limit=2&size=1&_since=0",
]


class _Schema(resource.ResourceSchema):
    name = colander.SchemaNode(colander.String())
    size = colander.SchemaNode(colander.Integer())


class Item(resource.UserResource):
    mapping = _Schema()


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.id)
def sql(request):
    return request.param


@pytest.fixture
def build(sql, services, tmp_path):
    """Serve records, with settings; what they send to the database is noted."""
    settings = engine_settings(sql, sql.url(services, tmp_path))
    sent = []

    def note(connection, cursor, statement, *more):
        sent.append(statement)

    def build(**more):
        app = serve({**settings, **more}, Item)
        client = app.app.registry.storage.client
        engine = client.session_factory().get_bind()
        sqlalchemy.event.listen(engine, "before_cursor_execute", note)
        for number in range(6):
            body = {"data": {"name": f"n{number}", "size": 1}}
            send(app, "POST", "/v1/items", **body)
        return app, sent

    return build


def test_a_count_would_be_seen(build):
    app, sent = build()

    for path in ("/v1/items", "/v1/items?_since=1&_limit=2"):
        sent.clear()
        app.get(path, headers=ALICE)

        assert _counts(sent)


def _counts(statements):
    return [each for each in statements if any(count in each for count in COUNTS)]


@pytest.mark.parametrize("path", LISTS)
def test_only_head_counts_where_the_setting_says_so(build, path):
    app, sent = build(total_records="head")

    sent.clear()
    listed = app.get(path, headers=ALICE)

    assert len(listed.json["data"]) == 2
    assert "Total-Records" not in listed.headers
    assert sent
    assert _counts(sent) == []
    assert app.head(path, headers=ALICE).headers["Total-Records"] == "6"


@pytest.mark.parametrize("path", LISTS)
def test_pages_after_the_first_count_nothing(build, path):
    app, sent = build()
    page = app.get(path, headers=ALICE)

    for _ in range(2):
        sent.clear()
        page = app.get(page.headers["Next-Page"], headers=ALICE)

        assert len(page.json["data"]) == 2
        assert page.headers["Total-Records"] == "6"
        assert sent
        assert _counts(sent) == []
