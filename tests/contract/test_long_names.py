"""Paths, ids and principals may be as long as is said, on every engine; then they are a 400."""

import random
from urllib.parse import quote

import pytest

from cliquet import bounds
from tests.contract.nested import build, user

ALICE = user("alice")
VERSION = "/v1"
#: A text that no compression makes shorter, of which nothing is quoted.
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"


def text(length, letters=LETTERS):
    return "".join(random.Random(length).choices(letters, k=length))


@pytest.fixture(scope="module")
def app(engine, services, tmp_path_factory):
    place = (engine, engine.url(services, tmp_path_factory.mktemp("long")))
    app = build(place, place)
    yield app
    for kind in ("storage", "permission"):
        getattr(app.app.registry, kind).flush()


def send(app, method, path, data=()):
    """Return the status of a write, with permissions that are as long as they may be."""
    body = {"data": dict(data), "permissions": {"read": [text(bounds.MAX_PRINCIPAL)]}}
    request = getattr(app, f"{method}_json")
    answer = request(VERSION + path, body, headers=ALICE, status="*")
    return answer.status_int


@pytest.mark.parametrize("letter", ["a", "é", "🐒"])
def test_ids_are_counted_in_bytes(app, letter):
    most = letter * (bounds.MAX_ID // len(letter.encode()))
    assert send(app, "put", f"/articles/{quote(most)}") in (200, 201)
    assert send(app, "post", "/articles", {"id": most + "b" * 4}) == 400
    assert send(app, "put", f"/articles/{quote(most)}bbbb") == 400


def test_paths_are_counted_as_permissions_are_kept_under_them(app):
    rest = len("/articles//comments")
    parent = text(bounds.MAX_OBJECT_ID - rest)
    collection = f"/articles/{parent}/comments"
    record = f"/articles/{parent[:-2]}/comments/c"

    assert send(app, "post", collection, {"id": text(bounds.MAX_ID)}) == 201
    assert send(app, "put", record) == 201
    assert app.get(VERSION + record, headers=ALICE, status="*").status_int == 403
    assert send(app, "post", f"/articles/{parent}x/comments") == 400
    assert send(app, "put", f"/articles/{parent}/comments/c") == 400


@pytest.mark.parametrize("length", [3_000, 30_000])
@pytest.mark.parametrize("letters", [LETTERS, "é🐒ü€"])
def test_what_is_longer_is_a_400(app, length, letters):
    parent = quote(text(length // len(letters[0].encode()), letters))
    path = f"/articles/{parent}/comments"

    assert send(app, "post", path) == 400
    assert send(app, "put", f"{path}/c") == 400
    for method in ("get", "delete"):
        answer = getattr(app, method)(f"{VERSION}{path}/c", headers=ALICE, status=400)
        assert answer.json["errno"] == 107
