"""No request holds more than it may: what is beyond is a 400, before any work."""

import json
import time

import pytest

from cliquet import bounds


def pairs(number):
    return "&".join(["name=a"] * number)


FILTERS = [
    (pairs, bounds.MAX_FILTERS),
    (lambda number: "&".join(["_since=1"] * number), bounds.MAX_FILTERS),
    (lambda number: "in_name=" + ",".join("a" * number), bounds.MAX_VALUES),
    (lambda number: "exclude_name=" + ",".join("a" * number), bounds.MAX_VALUES),
]
NAMES = [
    (lambda number: "_fields=" + ",".join(["name"] * number), bounds.MAX_NAMES),
    (lambda number: "_sort=" + ",".join(["name"] * number), bounds.MAX_NAMES),
]


@pytest.mark.parametrize(
    ("method", "query", "most"),
    [
        *(("GET", *row) for row in FILTERS + NAMES),
        *(("DELETE", *row) for row in FILTERS),
    ],
)
def test_query_strings_are_bounded(app, alice, method, query, most):
    app.request(f"/mushrooms?{query(most)}", method=method, headers=alice)

    url = f"/mushrooms?{query(most + 1)}"
    refused = app.request(url, method=method, headers=alice, status=400)

    assert refused.json["errno"] == 107
    assert f"limited to {most}" in refused.json["message"]


def test_parameters_that_are_no_filters_are_not_counted(app, alice):
    app.get("/mushrooms?" + "&".join(["_x=1"] * 200), headers=alice)


def test_names_of_fields_are_made_distinct(app, alice):
    created = app.post_json("/mushrooms", {"data": {"name": "a"}}, headers=alice)

    listed = app.get("/mushrooms?_fields=name,name,name", headers=alice)

    assert listed.json["data"] == [created.json["data"]]


@pytest.mark.parametrize("limit", [2, None, ""])
def test_entries_are_counted_before_they_are_looked_at(make_app, alice, limit):
    app = make_app()
    app.app.registry.settings["batch_max_requests"] = limit
    most = limit or bounds.MAX_ENTRIES
    body = {"requests": [1] * (most + 1), "defaults": {"body": {"a": {}}}}

    refused = app.post_json("/batch", body, headers=alice, status=400).json

    message = f"Number of requests is limited to {most}"
    assert [error["description"] for error in refused["details"]] == [message]


def test_defaults_are_not_repeated_without_bound(app, alice):
    text = "a" * (bounds.MAX_COMPLETED // 20)
    body = {"requests": [{}] * 19, "defaults": {"path": "/", "body": {"a": text}}}

    app.post_json("/batch", body, headers=alice)
    body["requests"] += [{}] * 2
    refused = app.post_json("/batch", body, headers=alice, status=400).json

    assert "Defaults are too large for 21 requests" in refused["message"]


def test_paths_of_entries_are_bounded(app, alice):
    path = "/?a=".ljust(bounds.MAX_PATH, "a")

    app.post_json("/batch", {"requests": [{"path": path[:-3]}]}, headers=alice)
    body = {"requests": [{"path": f"{path}a"}]}
    refused = app.post_json("/batch", body, headers=alice, status=400).json
    body = {"requests": [{"path": path.replace("aa", "\xe9")}]}
    (written,) = app.post_json("/batch", body, headers=alice).json["responses"]

    assert refused["details"][0]["name"] == "requests.0.path"
    assert written["status"] == 400


def test_paths_are_bounded(app, alice):
    path = "/?a=".ljust(bounds.MAX_PATH - len("/v0"), "a")

    app.get(path, headers=alice)
    refused = app.get(f"{path}aa", headers=alice, status=400).json

    assert f"limited to {bounds.MAX_PATH} bytes" in refused["message"]


@pytest.fixture
def spores(make_app):
    return make_app(spore_create_principals="system.Authenticated")


@pytest.mark.parametrize(
    ("permissions", "name"),
    [
        ({"read": ["a"] * (bounds.MAX_PRINCIPALS + 1)}, "permissions.read"),
        ({"read": [{}] * (bounds.MAX_PRINCIPALS + 1)}, "permissions.read"),
        ({"read": ["\xe9" * bounds.MAX_PRINCIPAL]}, "permissions.read.0"),
        ({f"p{n}": [] for n in range(bounds.MAX_PERMISSIONS + 1)}, "permissions"),
        ({"a" * (bounds.MAX_PRINCIPAL + 1): []}, "permissions"),
    ],
)
def test_permissions_are_bounded(spores, alice, permissions, name):
    body = {"data": {}, "permissions": permissions}

    refused = spores.post_json("/spores", body, headers=alice, status=400).json

    assert [error["name"] for error in refused["details"]] == [name]


def test_as_many_principals_as_may_be_are_kept(spores, alice):
    principals = [str(n).rjust(bounds.MAX_PRINCIPAL, "x") for n in range(3)]
    principals += [str(n) for n in range(3, bounds.MAX_PRINCIPALS)]
    body = {"data": {}, "permissions": {"read": principals}}

    created = spores.post_json("/spores", body, headers=alice).json

    assert set(created["permissions"]["read"]) == set(principals)


LONG = "\xe9" * 30_000


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/mushrooms", {f"k{n}": n for n in range(10_000)}),
        ("POST", "/mushrooms", {LONG: 1}),
        ("POST", "/mushrooms", {"data": {"name": {"a": LONG}}}),
        ("POST", "/mushrooms", [LONG] * 3),
        (
            "POST",
            "/mushrooms?" + "&".join(f"{n}=1" for n in range(5_000)),
            {"data": {}},
        ),
        ("GET", f"/mushrooms?{'a' * 60_000}=1", None),
        ("GET", f"/mushrooms?_sort={'a' * 60_000}", None),
        ("GET", f"/mushrooms?_fields={','.join('b' * 100)}{'a' * 60_000}", None),
        ("POST", "/spores", {"data": {}, "permissions": {"read": [{}] * 1_000}}),
        ("POST", "/spores", {"data": {}, "permissions": {"read": LONG}}),
        ("POST", "/batch", {"requests": [{"path": LONG}] * 25}),
        ("POST", "/batch", {"requests": [{"path": "/", "headers": {LONG: 1}}] * 25}),
        ("POST", "/batch", {"requests": [{"path": "/", "method": LONG}] * 25}),
        ("POST", "/batch", {"requests": [LONG] * 25, "defaults": LONG}),
    ],
    ids=range(14),
)
def test_answers_are_short_whatever_is_wrong(spores, alice, method, path, body):
    sent = b"" if body is None else json.dumps(body).encode()

    refused = spores.request(path, method=method, body=sent, headers=alice, status=400)

    assert len(refused.body) < 100_000
    assert 1 <= len(refused.json["details"]) <= bounds.MAX_ERRORS


def test_an_error_keeps_both_ends(app, alice):
    body = {"data": {"name": {"a": "b" * 10_000}}}

    refused = app.post_json("/mushrooms", body, headers=alice, status=400).json

    assert refused["details"][0]["description"].startswith('{"a": "bbb')
    assert refused["details"][0]["description"].endswith(
        "is not a string: {'name': ''}"
    )


def test_forms_of_many_fields_are_read_at_once(app):
    fields = "&".join(f"k{n}=1" for n in range(100_000)).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    began = time.process_time()
    app.post("/batch", fields, headers=headers, status=400)

    assert time.process_time() - began < 20


def test_a_body_without_type_is_json(app, alice):
    del alice["Content-Type"]

    def write(method, path, body):
        request = app.RequestClass.blank(path, method=method, headers=alice, body=body)
        request.environ.pop("CONTENT_TYPE", None)
        return app.do_request(request, expect_errors=True)

    created = write("POST", "/mushrooms", b'{"data": {"name": "a"}}')
    url = f"/mushrooms/{created.json['data']['id']}"
    replaced = write("PUT", url, b'{"data": {"name": "b"}}')
    patched = write("PATCH", url, b'{"data": {"name": "c"}}')
    batch = write("POST", "/batch", b'{"requests": [{"path": "/"}]}')

    assert created.json["data"]["name"] == "a"
    assert replaced.json["data"]["name"] == "b"
    assert patched.json["data"]["name"] == "c"
    assert batch.json["responses"][0]["status"] == 200
    for method, path in (("POST", "/mushrooms"), ("PUT", url), ("PATCH", url)):
        assert write(method, path, b"name=d").status_code == 400
    assert app.get(url, headers=alice).json["data"]["name"] == "c"
