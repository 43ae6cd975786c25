"""Items are kept, one list for each user."""

import pytest
from webtest import TestApp

import {{name}}

ALICE = {"Authorization": "Basic YWxpY2U6c2VjcmV0"}
BOB = {"Authorization": "Basic Ym9iOnNlY3JldA=="}


@pytest.fixture
def app():
    settings = {"cliquet.project_name": "{{name}}"}
    for kind in ("storage", "permission", "cache"):
        settings[f"cliquet.{kind}_backend"] = f"cliquet.{kind}.memory"
    return TestApp({{name}}.main({}, **settings), relative_to=None)


def test_an_item_is_kept(app):
    created = app.post_json("/v1/items", {"data": {"name": "Pen"}}, headers=ALICE)

    found = app.get(f"/v1/items/{created.json['data']['id']}", headers=ALICE)

    assert found.json["data"]["name"] == "Pen"


def test_items_belong_to_their_user(app):
    app.post_json("/v1/items", {"data": {"name": "Pen"}}, headers=ALICE)

    assert app.get("/v1/items", headers=BOB).json["data"] == []


def test_an_item_has_a_name(app):
    app.post_json("/v1/items", {"data": {"price": 3}}, headers=ALICE, status=400)
