"""What a precondition relied upon changes between its check and the write: 412."""

import functools
import json
from email.utils import formatdate

import pytest

ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
OTHER = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b11"
ALL = "system.Authenticated"
RIGHTS = {f"spore_{right}_principals": ALL for right in ("create", "read", "write")}
#: Of the first version, and of the one that comes meanwhile.
BEFORE, MEANWHILE = 1_448_000_000_000, 1_448_000_060_000
BETWEEN = formatdate(BEFORE // 1000 + 30, usegmt=True)
#: Preconditions that hold before, and not any more afterwards.
CONDITIONS = {
    "If-Match": f'"{BEFORE}"',
    "If-None-Match": f'"{MEANWHILE}"',
    "If-Unmodified-Since": BETWEEN,
}
#: A precondition that holds in both versions.
ALWAYS = {
    "If-Match": f'"{BEFORE}", "{MEANWHILE}"',
    "If-None-Match": '"1"',
    "If-Unmodified-Since": "Thu, 21 Oct 2060 07:28:00 GMT",
}


def put(app, alice, record_id, timestamp):
    data = {"name": str(timestamp), "last_modified": timestamp}
    app.put_json(f"/spores/{record_id}", {"data": data}, headers=alice)


@pytest.fixture
def intrude(monkeypatch):
    """Call something right before a method of the storage, once."""

    def prepare(app, method, intruder):
        storage = app.app.registry.storage
        original = getattr(storage, method)
        intruders = [intruder]

        @functools.wraps(original)
        def interrupted(*args, **kwargs):
            if intruders:
                intruders.pop()()
            return original(*args, **kwargs)

        monkeypatch.setattr(storage, method, interrupted)
        return intruders

    return prepare


def send(app, alice, method, path, headers, data=None):
    body = (
        b"" if method == "DELETE" else json.dumps({"data": data or {"x": 1}}).encode()
    )
    return app.request(
        path,
        method=method,
        body=body,
        headers={**alice, **headers},
        expect_errors=True,
    )


@pytest.mark.parametrize("header", CONDITIONS)
@pytest.mark.parametrize(
    ("stored", "method"), [("update", "PUT"), ("update", "PATCH"), ("delete", "DELETE")]
)
def test_a_record_is_not_written(make_app, alice, intrude, header, stored, method):
    app = make_app(strict_preconditions=True, **RIGHTS)
    put(app, alice, ID, BEFORE)
    left = intrude(app, stored, lambda: put(app, alice, ID, MEANWHILE))

    refused = send(app, alice, method, f"/spores/{ID}", {header: CONDITIONS[header]})

    assert (left, refused.status_code) == ([], 412)
    assert refused.headers["ETag"] == f'"{MEANWHILE}"'
    kept = app.get(f"/spores/{ID}", headers=alice).json["data"]
    assert kept["name"] == str(MEANWHILE)
    assert "x" not in kept


@pytest.mark.parametrize("header", CONDITIONS)
@pytest.mark.parametrize(
    ("stored", "method", "data"),
    [
        ("create", "POST", {"x": 1}),
        ("create", "POST", {"x": 1, "id": ID}),
        ("delete_all", "DELETE", None),
    ],
)
def test_a_collection_is_not_written(
    make_app, alice, intrude, header, stored, method, data
):
    app = make_app(strict_preconditions=True, **RIGHTS)
    put(app, alice, ID, BEFORE)
    put_other = functools.partial(put, app, alice, OTHER, MEANWHILE)
    intruder = put_other
    if data and "id" in data:
        # The id is free when the preconditions are checked.
        put(app, alice, OTHER, BEFORE)
        app.delete(f"/spores/{ID}?last_modified={BEFORE + 1}", headers=alice)
        intruder = functools.partial(put, app, alice, ID, MEANWHILE)
    etag = app.get("/spores", headers=alice).headers["ETag"]
    sent = {**CONDITIONS, "If-Match": etag}[header]
    left = intrude(app, stored, intruder)

    refused = send(app, alice, method, "/spores", {header: sent}, data)

    assert (left, refused.status_code) == ([], 412)
    kept = app.get("/spores", headers=alice).json["data"]
    assert not any("x" in record for record in kept)
    assert len(kept) == 2


EACH_WRITE = pytest.mark.parametrize(("stored", "method", "path"), [
    ("update", "PUT", f"/spores/{ID}"),
    ("delete", "DELETE", f"/spores/{ID}"),
    ("create", "POST", "/spores"),
    ("delete_all", "DELETE", "/spores"),
])  # fmt: skip


@pytest.mark.parametrize("header", ALWAYS)
@EACH_WRITE
def test_what_still_holds_is_written(
    make_app, alice, intrude, header, stored, method, path
):
    app = make_app(strict_preconditions=True, **RIGHTS)
    put(app, alice, ID, BEFORE)
    left = intrude(app, stored, lambda: put(app, alice, ID, MEANWHILE))

    written = send(app, alice, method, path, {header: ALWAYS[header]})

    assert left == []
    assert written.status_code in (200, 201)


@pytest.mark.parametrize("strict", [False, True])
@EACH_WRITE
def test_if_match_is_checked_when_it_is_written(
    make_app, alice, intrude, strict, stored, method, path
):
    app = make_app(strict_preconditions=strict, **RIGHTS)
    put(app, alice, ID, BEFORE)
    for value in (f'W/"1", "{BEFORE}"', f'"{BEFORE}"'):
        left = intrude(app, stored, lambda: put(app, alice, ID, MEANWHILE))

        refused = send(app, alice, method, path, {"If-Match": value})

        assert (left, refused.status_code) == ([], 412)
        app.app.registry.storage.flush()
        put(app, alice, ID, BEFORE)


@pytest.mark.parametrize("was_there", [False, True])
def test_a_tombstone_that_is_newer_is_found(make_app, alice, intrude, was_there):
    app = make_app(**RIGHTS)
    url = f"/spores/{ID}"
    put(app, alice, OTHER, BEFORE)
    if was_there:
        put(app, alice, ID, BEFORE)
        app.delete(f"{url}?last_modified={BEFORE + 1}", headers=alice)

    def come_and_go():
        put(app, alice, ID, BEFORE + 2)
        app.delete(f"{url}?last_modified={MEANWHILE}", headers=alice)

    left = intrude(app, "create", come_and_go)

    refused = send(app, alice, "PUT", url, {"If-Match": f'"{BEFORE + 1}"'})

    assert (left, refused.status_code) == ([], 412)
    assert refused.headers["ETag"] == f'"{MEANWHILE}"'
    app.get(url, headers=alice, status=404)


def test_only_one_writer_creates(make_app, alice, intrude):
    app = make_app(strict_preconditions=True, **RIGHTS)
    url = f"/spores/{ID}"
    intrude(app, "create", lambda: put(app, alice, ID, MEANWHILE))

    refused = send(app, alice, "PUT", url, {"If-None-Match": "*"})

    assert refused.status_code == 412
    assert app.get(url, headers=alice).json["data"]["name"] == str(MEANWHILE)
