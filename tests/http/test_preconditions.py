"""The truth table of preconditions."""

import json
from email.utils import formatdate

import pytest

from cliquet.timestamps import msec_time

ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
OTHER = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b11"
REQUESTS = {
    "GET collection": ("GET", "/mushrooms", None),
    "HEAD collection": ("HEAD", "/mushrooms", None),
    "POST": ("POST", "/mushrooms", {"data": {"name": "x"}}),
    "POST id": ("POST", "/mushrooms", {"data": {"name": "x", "id": ID}}),
    "DELETE collection": ("DELETE", "/mushrooms", None),
    "GET": ("GET", f"/mushrooms/{ID}", None),
    "HEAD": ("HEAD", f"/mushrooms/{ID}", None),
    "PUT": ("PUT", f"/mushrooms/{ID}", {"data": {"name": "x"}}),
    "PATCH": ("PATCH", f"/mushrooms/{ID}", {"data": {"name": "x"}}),
    "DELETE": ("DELETE", f"/mushrooms/{ID}", None),
}
# Columns of the table: collection read, POST, POST id, DELETE all, read, PUT, PATCH, DELETE.
EXISTS = [
    ("If-Match", "cur", "200 201 200 200 200 200 200 200"),
    ("If-Match", "future", "200 201 200 200 200 200 200 200"),
    ("If-Match", "past", "412 412 412 412 412 412 412 412"),
    ("If-Match", "invalid", "400 400 400 400 400 400 400 400"),
    ("If-Match", "*", "400 400 400 400 400 400 400 400"),
    ("If-Match", "weak", "200 201 200 200 200 200 200 200"),
    ("If-Match", "one of several", "200 201 200 200 200 200 200 200"),
    ("If-Match", "weak past", "412 412 412 412 412 412 412 412"),
    ("If-Match", "compressed", "412 412 412 412 412 412 412 412"),
    ("If-Match", "foreign", "412 412 412 412 412 412 412 412"),
    ("If-Match", "several others", "412 412 412 412 412 412 412 412"),
    ("If-None-Match", "cur", "304 201 200 200 304 200 200 200"),
    ("If-None-Match", "future", "304 201 200 200 304 200 200 200"),
    ("If-None-Match", "past", "200 201 200 200 200 200 200 200"),
    ("If-None-Match", "*", "200 201 412 200 412 412 412 412"),
    ("If-None-Match", "invalid", "400 201 200 200 400 200 200 200"),
    ("If-None-Match", "weak", "304 201 200 200 304 200 200 200"),
    ("If-None-Match", "one of several", "304 201 200 200 304 200 200 200"),
    ("If-None-Match", "weak past", "200 201 200 200 200 200 200 200"),
    ("If-None-Match", "compressed", "200 201 200 200 200 200 200 200"),
    ("If-None-Match", "foreign", "200 201 200 200 200 200 200 200"),
    ("If-None-Match", "several others", "200 201 200 200 200 200 200 200"),
    ("If-Unmodified-Since", "long ago", "200 201 200 200 200 200 200 200"),
    ("If-Modified-Since", "in a year", "200 201 200 200 200 200 200 200"),
]
CHANGED_LATER = [
    ("If-Match", "cur", "412 412 200 412 200 200 200 200"),
    ("If-None-Match", "cur", "200 201 200 200 304 200 200 200"),
]
TOMBSTONE = [
    ("If-Match", "cur", "200 201 201 200 404 201 404 404"),
    ("If-Match", "past", "412 412 412 412 404 412 404 404"),
    ("If-Match", "invalid", "400 400 400 400 404 400 404 404"),
    ("If-None-Match", "cur", "304 201 201 200 404 201 404 404"),
    ("If-None-Match", "invalid", "400 201 201 200 404 201 404 404"),
    ("If-None-Match", "*", "200 201 201 200 404 201 404 404"),
]
NEVER = [
    ("If-Match", "cur", "200 201 201 200 404 201 404 404"),
    ("If-Match", "past", "412 412 412 412 404 201 404 404"),
    ("If-Match", "invalid", "400 400 400 400 404 201 404 404"),
    ("If-None-Match", "*", "200 201 201 200 404 201 404 404"),
]
COLUMNS = [
    ("GET collection", "HEAD collection"), ("POST",), ("POST id",), ("DELETE collection",),
    ("GET", "HEAD"), ("PUT",), ("PATCH",), ("DELETE",),
]  # fmt: skip


def cases():
    tables = {
        "exists": EXISTS,
        "later": CHANGED_LATER,
        "tombstone": TOMBSTONE,
        "never": NEVER,
    }
    for state, rows in tables.items():
        for header, value, statuses in rows:
            for names, status in zip(COLUMNS, statuses.split(), strict=True):
                for name in names:
                    yield pytest.param(
                        state, header, value, name, int(status),
                        id=f"{state}-{header}-{value}-{name}",
                    )  # fmt: skip


def prepare(app, alice, state):
    """Bring the record into a state; the timestamp that the table calls cur."""
    body = {"data": {"name": "a"}}
    if state == "never":
        app.put_json(f"/mushrooms/{OTHER}", body, headers=alice)
        return int(app.get("/mushrooms", headers=alice).headers["ETag"].strip('"'))
    created = app.put_json(f"/mushrooms/{ID}", body, headers=alice)
    if state == "later":
        app.put_json(f"/mushrooms/{OTHER}", body, headers=alice)
    if state == "tombstone":
        return app.delete(f"/mushrooms/{ID}", headers=alice).json["data"][
            "last_modified"
        ]
    return created.json["data"]["last_modified"]


@pytest.mark.parametrize(("state", "header", "value", "name", "status"), list(cases()))
def test_truth_table(app, alice, state, header, value, name, status):
    current = prepare(app, alice, state)
    text = {
        "cur": f'"{current}"', "past": f'"{current - 10}"', "invalid": '"abc"', "*": "*",
        "future": f'"{msec_time() + 10**6}"',
        "weak": f'W/"{current}"', "weak past": f'W/"{current - 10}"',
        "one of several": f'"1", "abc",W/"{current}"',
        "several others": f'"1",W/"{current - 10}", "abc"',
        "compressed": f'"{current}-gzip"', "foreign": '"5d8c72a5edda8d6a:0"',
        "long ago": "Wed, 21 Oct 2015 07:28:00 GMT",
        "in a year": formatdate(msec_time() // 1000 + 31_536_000, usegmt=True),
    }[value]  # fmt: skip
    method, path, body = REQUESTS[name]
    headers = {**alice, header: text}
    content = json.dumps(body).encode() if body else b""

    response = app.request(
        path, method=method, body=content, headers=headers, expect_errors=True
    )

    assert response.status_code == status
    if status in (304, 412):
        assert response.headers["ETag"]
        assert response.headers["Last-Modified"]
    if status == 304:
        assert response.body == b""


@pytest.mark.parametrize("value", ["1234", '""', '"ab"', '"*"', '"1', "W/1", '"1" "2"'])
def test_headers_that_are_no_etag_are_refused(app, alice, value):
    prepare(app, alice, "exists")

    for header in ("If-Match", "If-None-Match"):
        response = app.get("/mushrooms", headers={**alice, header: value}, status=400)
        assert response.json["details"][0]["location"] == "headers"


def test_a_412_tells_what_there_is(app, alice):
    current = prepare(app, alice, "exists")
    headers = {**alice, "If-Match": f'"{current - 1}"'}

    on_record = app.put_json(
        f"/mushrooms/{ID}", {"data": {"name": "b"}}, headers=headers, status=412
    )
    on_collection = app.get("/mushrooms", headers=headers, status=412)

    assert on_record.json == {
        "code": 412, "errno": 114, "error": "Precondition Failed",
        "message": "Resource was modified meanwhile",
        "details": {"existing": {"id": ID, "name": "a", "last_modified": current}},
    }  # fmt: skip
    assert on_record.headers["ETag"] == f'"{current}"'
    assert on_collection.json["details"] == {}
