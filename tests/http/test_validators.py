"""What answers to reads and writes tell of the present version, and of where it is."""

import json
import re
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from cliquet.timestamps import msec_time

ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
OTHER = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b11"
ALL = "system.Authenticated"
RIGHTS = ("create", "read", "write")
#: A user resource, and a shareable one that everybody may do all with.
COLLECTIONS = ["/mushrooms", "/spores"]


@pytest.fixture
def app(make_app):
    return make_app(**{f"spore_{right}_principals": ALL for right in RIGHTS})


def validators(timestamp):
    """Return the headers of something that changed at a time that is past."""
    date = formatdate(timestamp // 1000, usegmt=True)
    return {"ETag": f'"{timestamp}"', "Last-Modified": date}


def told(response):
    """Return the validators of a response, and check that there is one of each."""
    found = [
        (name, value)
        for name, value in response.headers.items()
        if name in ("ETag", "Last-Modified")
    ]
    assert len(found) == len(dict(found))
    return dict(found)


def of_record(response):
    return validators(response.json["data"]["last_modified"])


@pytest.mark.parametrize("path", COLLECTIONS)
def test_every_write_tells_the_version_that_it_made(app, alice, path):
    url, body = f"{path}/{ID}", {"data": {"name": "a"}}

    posted = app.post_json(path, body, headers=alice, status=201)
    put = app.put_json(url, body, headers=alice, status=201)
    replaced = app.put_json(url, body, headers=alice, status=200)
    shown = app.post_json(
        path, {"data": {"name": "b", "id": ID}}, headers=alice, status=200
    )
    patched = app.patch_json(url, {"data": {"name": "c"}}, headers=alice)
    light = app.patch_json(
        url, {"data": {"name": "d"}}, headers={**alice, "Response-Behavior": "light"}
    )
    kept = app.get(url, headers=alice)
    deleted = app.delete(url, headers=alice)

    for response in (posted, put, replaced, shown, patched, kept, deleted):
        assert told(response) == of_record(response)
    assert told(light) == told(kept)
    assert told(shown) == told(replaced)
    assert deleted.json["data"]["deleted"] is True


@pytest.mark.parametrize("path", COLLECTIONS)
def test_a_patch_that_changes_nothing_tells_the_version_that_there_is(app, alice, path):
    url, body = f"{path}/{ID}", {"data": {"name": "a"}}
    app.put_json(url, body, headers=alice)

    patched = app.patch_json(url, body, headers=alice)

    assert told(patched) == of_record(patched) == told(app.get(url, headers=alice))


@pytest.mark.parametrize("path", COLLECTIONS)
def test_deleting_a_list_tells_the_version_of_the_list_after_it(app, alice, path):
    app.put_json(f"{path}/{ID}", {"data": {"name": "a"}}, headers=alice)
    for name in "bc":
        app.post_json(path, {"data": {"name": name}}, headers=alice)

    some = app.delete(f"{path}?id={ID}", headers=alice)
    after_some = app.head(path, headers=alice)
    none = app.delete(f"{path}?id={ID}", headers=alice)
    everything = app.delete(path, headers=alice)
    after_all = app.head(path, headers=alice)

    assert len(some.json["data"]) == 1
    assert told(some) == told(after_some) == told(none)
    assert none.json["data"] == []
    assert told(everything) == told(after_all)
    newest = max(each["last_modified"] for each in everything.json["data"])
    assert told(everything) == validators(newest)


def test_the_version_that_a_write_tells_is_good_for_the_next_one(app, alice):
    body = {"data": {"name": "a"}}
    posted = app.post_json("/mushrooms", body, headers=alice)
    url = f"/mushrooms/{posted.json['data']['id']}"

    patched = app.patch_json(
        url,
        {"data": {"name": "b"}},
        headers={**alice, "If-Match": posted.headers["ETag"]},
    )
    deleted = app.delete(url, headers={**alice, "If-Match": patched.headers["ETag"]})
    since = app.get(
        f"/mushrooms?_since={patched.headers['ETag'].strip(chr(34))}", headers=alice
    )
    nothing = app.get(
        f"/mushrooms?_since={deleted.headers['ETag'].strip(chr(34))}", headers=alice
    )

    assert since.json["data"] == [deleted.json["data"]]
    assert nothing.json["data"] == []


# --- Location --------------------------------------------------------------------


def follow(app, alice, created):
    location = created.headers["Location"]
    assert location.startswith("http://localhost")
    # WebTest adds the prefix of the version, and the mount point is that of the app.
    path = urlsplit(location).path.partition("/v0")[2]
    return app.get(path, headers=alice)


@pytest.mark.parametrize("mounted", ["", "/api"])
@pytest.mark.parametrize("path", COLLECTIONS)
def test_what_was_created_is_at_its_location(app, alice, mounted, path):
    app.extra_environ["SCRIPT_NAME"] = mounted
    try:
        posted = app.post_json(path, {"data": {"name": "a"}}, headers=alice, status=201)
        put = app.put_json(
            f"{path}/{ID}", {"data": {"name": "b"}}, headers=alice, status=201
        )
        for created in (posted, put):
            assert follow(app, alice, created).json["data"] == created.json["data"]
        assert put.headers["Location"] == f"http://localhost{mounted}/v0{path}/{ID}"
    finally:
        del app.extra_environ["SCRIPT_NAME"]


def test_only_what_was_created_has_a_location(app, alice):
    body = {"data": {"name": "a", "id": ID}}
    app.post_json("/mushrooms", body, headers=alice, status=201)
    url = f"/mushrooms/{ID}"

    for response in (
        app.post_json("/mushrooms", body, headers=alice, status=200),
        app.put_json(url, body, headers=alice, status=200),
        app.patch_json(url, {"data": {"name": "b"}}, headers=alice, status=200),
        app.get(url, headers=alice),
        app.get("/mushrooms", headers=alice),
        app.put_json(
            url, body, headers={**alice, "If-None-Match": "*"}, expect_errors=True
        ),
        app.delete(url, headers=alice),
        app.delete("/mushrooms", headers=alice),
    ):
        assert "Location" not in response.headers


@pytest.mark.parametrize("mounted", ["", "/api"])
def test_entries_of_a_batch_tell_them_too(app, alice, mounted):
    entries = [
        {"method": "POST", "path": "/mushrooms", "body": {"data": {"name": "a"}}},
        {
            "method": "PUT",
            "path": f"/mushrooms/{ID}",
            "body": {"data": {"name": "b"}},
        },
        {"method": "DELETE", "path": f"/mushrooms/{ID}"},
        {"method": "DELETE", "path": "/mushrooms"},
    ]
    app.extra_environ["SCRIPT_NAME"] = mounted
    try:
        found = app.post_json("/batch", {"requests": entries}, headers=alice)
    finally:
        del app.extra_environ["SCRIPT_NAME"]
    posted, put, deleted, _ = found.json["responses"]

    for entry in (posted, put, deleted):
        expected = validators(entry["body"]["data"]["last_modified"])
        assert expected.items() <= entry["headers"].items()
    for entry in (posted, put):
        url = f"http://localhost{mounted}/v0/mushrooms/{entry['body']['data']['id']}"
        assert entry["headers"]["Location"] == url


class AnyId:
    """Ids that a URL has to quote."""

    regexp = r"^.+$"

    def match(self, record_id):
        return re.match(self.regexp, record_id)

    def __call__(self):
        return "a b"


@pytest.mark.parametrize("record_id", ["a b", "x%", "é", "a@b", "a?b#c", "%41", "*"])
def test_a_location_is_quoted(make_app, alice, record_id):
    app = make_app(id_generator=f"{__name__}.AnyId")
    body = {"data": {"name": "a", "id": record_id}}

    created = app.post_json("/mushrooms", body, headers=alice, status=201)
    location = created.headers["Location"]

    assert location.isascii()
    assert not set(" ?#") & set(location)
    assert follow(app, alice, created).json["data"]["id"] == record_id


# --- Who may not read ------------------------------------------------------------


def test_who_may_not_read_is_told_new_versions_only(make_app, alice, bob):
    app = make_app(spore_write_principals=ALL, spore_create_principals=ALL)
    url, body = f"/spores/{ID}", {"data": {"name": "a"}}
    hers = app.put_json(url, body, headers=alice, status=201)
    other = app.put_json(f"/spores/{OTHER}", body, headers=alice, status=201)
    app.get(url, headers=bob, status=403)
    old = {told(hers)["ETag"], told(other)["ETag"]}

    nothing = app.delete("/spores?id=unknown", headers=bob)
    refused = app.post_json(
        "/spores", {"data": {"name": "b", "id": ID}}, headers=bob, status=403
    )
    failed = app.put_json(url, body, headers={**bob, "If-None-Match": "*"}, status=412)
    put = app.put_json(url, body, headers=bob, status=200)
    patched = app.patch_json(url, body, headers=bob)
    posted = app.post_json("/spores", body, headers=bob, status=201)
    deleted = app.delete(url, headers=bob)
    rest = app.delete(f"/spores?id={OTHER}", headers=bob)

    for response in (nothing, refused, failed):
        assert told(response) == {}
    for response in (put, patched, posted, deleted, rest):
        assert told(response)["ETag"] not in old
    for response in (put, patched, posted, deleted):
        assert told(response) == of_record(response)


# --- Dates -----------------------------------------------------------------------


def answers(app, alice, path):
    """Return answers of all kinds that tell the time of something in the future."""
    future = {"data": {"name": "a", "last_modified": msec_time() + 80_000_000}}
    url = f"{path}/{ID}"
    yield app.put_json(url, future, headers=alice, status=201)
    for target in (url, path):
        read = app.get(target, headers=alice)
        yield read
        known = {"If-None-Match": read.headers["ETag"]}
        yield app.get(target, headers={**alice, **known}, status=304)
        yield app.get(target, headers={**alice, "If-Match": '"1"'}, status=412)
    yield app.post_json(path, {"data": {"name": "b", "id": ID}}, headers=alice)
    yield app.put_json(
        url, {"data": {"name": "c"}}, headers={**alice, "If-Match": '"1"'}, status=412
    )
    yield app.delete(url, headers={**alice, "If-Match": '"1"'}, status=412)
    yield app.patch_json(url, {"data": {"name": "d"}}, headers=alice)
    yield app.delete(url, headers=alice)
    yield app.delete(path, headers=alice)


def test_no_date_is_in_the_future(app, alice):
    for response in answers(app, alice, "/spores"):
        now = msec_time()
        date = parsedate_to_datetime(response.headers["Last-Modified"])
        assert date.timestamp() * 1000 <= now
        assert int(response.headers["ETag"].strip('"')) > now


# --- Required preconditions ------------------------------------------------------


@pytest.fixture
def demanding(make_app):
    rights = {f"spore_{right}_principals": ALL for right in RIGHTS}
    return make_app(require_preconditions=True, **rights)


def write(app, method, url, headers, status):
    body = b"" if method == "DELETE" else json.dumps({"data": {"name": "a"}}).encode()
    return app.request(url, method=method, body=body, headers=headers, status=status)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", COLLECTIONS)
@pytest.mark.parametrize("state", ["exists", "tombstone", "never"])
def test_writes_of_records_need_preconditions(demanding, alice, method, path, state):
    url = f"{path}/{ID}"
    if state != "never":
        created = {**alice, "If-None-Match": "*"}
        etag = write(demanding, "PUT", url, created, 201).headers["ETag"]
    if state == "tombstone":
        write(demanding, "DELETE", url, {**alice, "If-Match": etag}, 200)
    before = demanding.get(f"{path}?_since=0", headers=alice)

    for headers in (
        {},
        {"If-Modified-Since": formatdate(usegmt=True)},
        {"If-Match": ""},
    ):
        refused = write(demanding, method, url, {**alice, **headers}, 428)

        assert refused.json == {
            "code": 428, "errno": 118, "error": "Precondition Required",
            "message": "Send If-Match with the ETag of the record, or If-None-Match: *"
            " to create it.",
        }  # fmt: skip
        assert "no-store" in refused.headers["Cache-Control"]
        assert "ETag" not in refused.headers
    after = demanding.get(f"{path}?_since=0", headers=alice)
    assert after.json == before.json
    assert told(after) == told(before)


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Match": '"99999999999999"'},
        {"If-None-Match": '"1"'},
        {"If-Unmodified-Since": "Thu, 21 Oct 2060 07:28:00 GMT"},
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_any_precondition_will_do(make_app, alice, headers, strict):
    app = make_app(require_preconditions=True, strict_preconditions=strict)
    url = f"/mushrooms/{ID}"
    status = 412 if strict and "If-Match" in headers else 200
    for method in ("PUT", "PATCH", "DELETE"):
        made = app.put_json(
            url,
            {"data": {"name": "a"}},
            headers={**alice, "If-None-Match": "*"},
            expect_errors=True,
        )
        assert made.status_code in (201, 412)
        write(app, method, url, {**alice, **headers}, status)


def test_lists_and_reads_need_none(demanding, alice):
    body = {"data": {"name": "a"}}
    posted = demanding.post_json("/mushrooms", body, headers=alice, status=201)
    again = {"data": {"name": "a", "id": posted.json["data"]["id"]}}

    demanding.post_json("/mushrooms", again, headers=alice, status=200)
    demanding.get(f"/mushrooms/{again['data']['id']}", headers=alice)
    demanding.get("/mushrooms", headers=alice)
    demanding.options("/mushrooms", headers={**alice, "Origin": "http://a.example",
        "Access-Control-Request-Method": "POST"})  # fmt: skip
    demanding.delete("/mushrooms", headers=alice, status=200)


def test_entries_of_a_batch_need_them_and_inherit_them(demanding, alice):
    entry = {
        "method": "PUT",
        "path": f"/mushrooms/{ID}",
        "body": {"data": {"name": "a"}},
    }
    batch = {"requests": [entry]}

    without = demanding.post_json("/batch", batch, headers=alice)
    created = demanding.post_json(
        "/batch", batch, headers={**alice, "If-None-Match": "*"}
    )

    assert without.json["responses"][0]["status"] == 428
    assert created.json["responses"][0]["status"] == 201


def test_who_may_not_write_is_told_so_first(make_app, alice):
    app = make_app(require_preconditions=True)
    url = f"/toadstools/{ID}"

    for method in ("PUT", "PATCH", "DELETE"):
        write(app, method, url, {"Content-Type": "application/json"}, 401)
        write(app, method, url, alice, 403)


def test_that_they_are_required_is_announced(make_app):
    by_default = make_app().get("/").json["capabilities"]
    required = make_app(require_preconditions=True).get("/").json["capabilities"]

    assert "require_preconditions" not in by_default
    assert set(required["require_preconditions"]) == {"description", "url"}


def test_by_default_none_is_required(app, alice):
    url = f"/mushrooms/{ID}"

    write(app, "PUT", url, alice, 201)
    write(app, "PATCH", url, alice, 200)
    write(app, "DELETE", url, alice, 200)


# --- Parts of records ------------------------------------------------------------


@pytest.mark.parametrize("state", ["exists", "never"])
@pytest.mark.parametrize("value", ["bytes 0-9/100", "bytes */*", "", "nonsense"])
def test_a_put_of_a_part_is_refused(app, alice, state, value):
    url = f"/mushrooms/{ID}"
    if state == "exists":
        write(app, "PUT", url, alice, 201)
    before = app.get("/mushrooms", headers=alice)

    refused = write(app, "PUT", url, {**alice, "Content-Range": value}, 400)

    detail = refused.json["details"][0]
    assert (detail["location"], detail["name"]) == ("headers", "Content-Range")
    after = app.get("/mushrooms", headers=alice)
    assert (after.json, told(after)) == (before.json, told(before))
