"""`Prefer`: what PATCH answers, in words of HTTP."""

import pytest

from tests.http.conftest import BOB_ID

ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
URL = f"/spores/{ID}"


@pytest.fixture
def spores(make_app, alice):
    app = make_app(
        spore_create_principals="system.Authenticated",
        spore_read_principals="system.Everyone",
    )
    app.put_json(URL, {"data": {"a": 1, "b": 2}}, headers=alice)
    return app


def patch(app, headers, **data):
    return app.patch_json(URL, {"data": data}, headers=headers)


def is_whole(response):
    return "last_modified" in response.json["data"]


def test_minimal_is_light(spores, alice):
    response = patch(spores, {**alice, "Prefer": "return=minimal"}, a=1, b=3)
    light = patch(spores, {**alice, "Response-Behavior": "light"}, a=1, b=2)

    assert response.json == {"data": {"b": 3}}
    assert light.json == {"data": {"b": 2}}
    assert response.headers["Preference-Applied"] == "return=minimal"


def test_representation_is_full(spores, alice):
    response = patch(spores, {**alice, "Prefer": "return=representation"}, b=3)

    assert response.json["data"]["a"] == 1
    assert is_whole(response)
    assert response.headers["Preference-Applied"] == "return=representation"


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("Return=MINIMAL", "return=minimal"),
        ('respond-async;x=y, return = "minimal"; z, wait=1', "return=minimal"),
        ("return=minimal, return=representation", "return=minimal"),
        ("return=representation, return=minimal", "return=representation"),
        # What nobody knows is as if it were not there.
        ("", None), ("return", None), ("return=other", None), ("return=other, return=minimal", None),
        ("handling=strict", None), ("wait=1; return=minimal", None), ("minimal", None),
        ("return=light", None), ("return=diff", None), ('"', None), ("return=minimalist", None),
    ],
)  # fmt: skip
def test_preferences_that_are_known_are_applied(spores, alice, prefer, applied):
    response = patch(spores, {**alice, "Prefer": prefer}, b=3)

    assert response.headers.get("Preference-Applied") == applied
    assert is_whole(response) is (applied != "return=minimal")


@pytest.mark.parametrize(
    ("behavior", "prefer", "whole", "applied"),
    [
        ("light", "return=representation", False, None),
        ("full", "return=minimal", True, None),
        ("diff", "return=minimal", False, None),
        ("other", "return=minimal", True, None),
        ("", "return=minimal", True, None),
        # Both say the same.
        ("LIGHT", "return=minimal", False, "return=minimal"),
        ("full", "return=representation", True, "return=representation"),
    ],
)
def test_response_behavior_wins(spores, alice, behavior, prefer, whole, applied):
    headers = {**alice, "Response-Behavior": behavior, "Prefer": prefer}

    response = patch(spores, headers, b=3)

    assert is_whole(response) is whole
    assert response.headers.get("Preference-Applied") == applied


def test_without_a_preference_nothing_is_told(spores, alice):
    for more in ({}, {"Response-Behavior": "light"}):
        assert "Preference-Applied" not in patch(spores, {**alice, **more}, b=3).headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
def test_other_methods_apply_none(spores, alice, method):
    path = "/spores" if method == "POST" else URL
    body = b'{"data": {"a": 1}}' if method in ("PUT", "POST") else b""
    headers = {**alice, "Prefer": "return=minimal"}

    response = spores.request(path, method=method, body=body, headers=headers)

    assert "Preference-Applied" not in response.headers
    if method not in ("HEAD", "DELETE"):
        assert "last_modified" in response.json["data"]


def test_errors_apply_none(spores, alice):
    headers = {**alice, "Prefer": "return=minimal", "If-Match": '"1"'}

    for more, status in ((headers, 412), ({**headers, "If-Match": "x"}, 400)):
        response = spores.patch_json(
            URL, {"data": {"a": 2}}, headers=more, status=status
        )
        assert "Preference-Applied" not in response.headers


def test_who_may_not_read_has_no_choice(make_app, alice, bob):
    app = make_app(spore_create_principals="system.Authenticated")
    body = {"data": {"a": 1}, "permissions": {"write": [BOB_ID]}}
    app.put_json(URL, body, headers=alice)

    response = patch(app, {**bob, "Prefer": "return=representation"}, b=2)

    assert "a" not in response.json["data"]
    assert "Preference-Applied" not in response.headers


@pytest.mark.parametrize("where", ["entry", "batch", "defaults"])
def test_preferences_reach_the_entries_of_a_batch(spores, alice, where):
    entry = {"method": "PATCH", "path": URL, "body": {"data": {"b": 3}}}
    prefer = {"Prefer": "return=minimal"}
    body = {"requests": [{**entry, "headers": prefer} if where == "entry" else entry]}
    if where == "defaults":
        body["defaults"] = {"headers": prefer}
    headers = {**alice, **prefer} if where == "batch" else alice

    answer = spores.post_json("/batch", body, headers=headers).json["responses"][0]

    assert answer["body"] == {"data": {"b": 3}}
    assert answer["headers"]["Preference-Applied"] == "return=minimal"


@pytest.mark.parametrize("prefer", [None, "return=minimal", "wait=1"])
def test_the_answer_of_patch_varies_by_prefer(spores, alice, prefer):
    more = {} if prefer is None else {"Prefer": prefer}

    response = patch(spores, {**alice, **more}, b=3)

    assert "Prefer" in response.headers["Vary"].split(", ")
    assert "Authorization" in response.headers["Vary"].split(", ")
