"""The order of lists over HTTP, on each engine: walks follow `Next-Page` to its end.

What engines are compared with is the naive model of storages.
"""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource
from tests.contract.backends import AppEngine
from tests.contract.storage.naive import Naive, same
from tests.sync.proof import HEADERS, settings_for

FIELDS = ("a", "b")

scalars = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, 1.0, -0.5, 2**53 + 1, 10**60, -(10**60), 1e20])
    | st.sampled_from(["", "a", "é", "𝄞", "1", "true", "x" * 300, "x" * 300 + "y"])
)
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(
    st.sampled_from("kl"), scalars, max_size=1
)  # fmt: skip
stored = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(FIELDS), values),
        st.sampled_from(["", "", "", "forced", "deleted"]),
    ),
    max_size=12,
)
sortings = st.lists(
    st.tuples(
        st.sampled_from([*FIELDS, "deleted", "id", "last_modified"]),
        st.sampled_from([1, -1]),
    ),
    max_size=3,
    unique_by=lambda key: key[0],
)


class Anything(resource.UserResource):
    """Records with any field."""

    def is_known_field(self, field: str) -> bool:
        return True


@pytest.fixture(scope="session")
def app(engine: AppEngine, engine_url: str) -> TestApp:
    found = settings_for(engine.id, engine_url) | {"transaction_per_request": False}
    engine.prepare(found)
    config = Configurator(settings=found)
    cliquet.initialize(config, "0.1")
    scan = type("Scan", (), {"config": config})
    resource.register_resource(Anything)(scan, "anything", Anything)
    return TestApp(config.make_wsgi_app())


@pytest.fixture(scope="session")
def scope(app: TestApp) -> dict[str, str]:
    user_id = app.get("/v0/", headers=HEADERS).json["user"]["id"]
    return {"collection_id": "anything", "parent_id": user_id}


def fill(storage: Any, scope: dict[str, str], content: Any) -> Naive:
    """Store records, and some tombstones; return the model of them."""
    storage.flush()
    model = Naive()
    for number, (fields, fate) in enumerate(content):
        record = {**fields, "id": f"{number}"}
        if fate == "forced":
            record["last_modified"] = 5
        written = storage.create(record=record, **scope)
        model.write(written["id"], written)
        if fate == "deleted":
            model.bury(storage.delete(object_id=written["id"], **scope), keep=True)
    return model


def walk(app: TestApp, url: str) -> tuple[list[Any], set[str]]:
    """Follow `Next-Page`; return all records, and the totals that were told."""
    records, totals = [], set()
    while True:
        answer = app.get(url, headers=HEADERS)
        records += answer.json["data"]
        totals.add(answer.headers["Total-Records"])
        if "Next-Page" not in answer.headers:
            return records, totals
        assert answer.json["data"]
        url = answer.headers["Next-Page"]


@given(stored, sortings, st.integers(1, 4), st.booleans())
@settings(max_examples=60)
def test_a_walk_visits_each_record_once_in_the_order_of_types(
    app: TestApp,
    scope: dict[str, str],
    content: Any,
    sorting: Any,
    limit: int,
    with_tombstones: bool,
) -> None:
    model = fill(app.app.registry.storage, scope, content)
    expected = model.list([], sorting, with_tombstones)
    names = ",".join(f"{'-' if way < 0 else ''}{name}" for name, way in sorting)
    since = "&_since=0" if with_tombstones else ""

    walked, totals = walk(app, f"/v0/anythings?_sort={names}&_limit={limit}{since}")

    assert [record["id"] for record in walked] == [record["id"] for record in expected]
    assert all(map(same, walked, expected))
    assert totals == {str(len(model.live))}


def test_tokens_of_3_1_go_on_where_they_ended(
    app: TestApp, scope: dict[str, str]
) -> None:
    """They hold the values of the sort keys, and nothing else."""
    mixed = [None, "x", 5, True, ["y"], {}]
    fill(app.app.registry.storage, scope, [({"a": value}, "") for value in mixed])
    records = app.get("/v0/anythings?_sort=a", headers=HEADERS).json["data"]

    for place, record in enumerate(records[:4]):
        last = {"a": record["a"], "last_modified": record["last_modified"]}
        token = base64.b64encode(
            json.dumps({"last_record": last, "offset": 1}).encode()
        )
        url = f"/v0/anythings?_sort=a&_limit=2&_token={quote(token)}"
        walked, _ = walk(app, url)
        assert walked == records[place + 1 :]
