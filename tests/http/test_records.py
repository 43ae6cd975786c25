"""Collections and records."""

import json

import pytest

ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
URL = f"/mushrooms/{ID}"


@pytest.fixture
def spores(make_app):
    """Shareable records of any fields, open to whoever is authenticated."""
    return make_app(
        spore_create_principals="system.Authenticated",
        spore_read_principals="system.Authenticated",
        spore_write_principals="system.Authenticated",
    )


def names(response):
    return [record["name"] for record in response.json["data"]]


def test_users_do_not_see_each_others_records(app, alice, bob):
    app.put_json(URL, {"data": {"name": "hers"}}, headers=alice)

    assert app.get("/mushrooms", headers=bob).json["data"] == []
    app.get(URL, headers=bob, status=404)
    app.patch_json(URL, {"data": {"name": "x"}}, headers=bob, status=404)
    app.delete(URL, headers=bob, status=404)
    app.put_json(URL, {"data": {"name": "his"}}, headers=bob, status=201)
    assert app.get(URL, headers=alice).json["data"]["name"] == "hers"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "PUT", "PATCH"])
def test_every_method_needs_authentication(app, method):
    path = "/mushrooms" if method == "POST" else URL

    app.request(path, method=method, status=401)


def test_post_creates_then_shows(app, alice):
    body = {"data": {"name": "a", "id": ID}}

    created = app.post_json("/mushrooms", body, headers=alice, status=201)
    shown = app.post_json(
        "/mushrooms", {"data": {"name": "b", "id": ID}}, headers=alice, status=200
    )

    assert shown.json == created.json


def test_put_replaces_and_always_moves(app, alice):
    first = app.put_json(URL, {"data": {"name": "a"}}, headers=alice, status=201)
    second = app.put_json(URL, {"data": {"name": "a"}}, headers=alice, status=200)

    stamps = [response.json["data"]["last_modified"] for response in (first, second)]
    assert stamps[0] < stamps[1]
    assert second.headers["ETag"] == f'"{stamps[1]}"'


def test_patch_that_changes_nothing_moves_nothing(app, alice):
    created = app.put_json(URL, {"data": {"name": "a"}}, headers=alice).json

    same = app.patch_json(
        URL, {"data": {"name": "a", "last_modified": 5}}, headers=alice
    )
    other = app.patch_json(URL, {"data": {"name": "b"}}, headers=alice)

    assert same.json == created
    assert other.json["data"]["last_modified"] > created["data"]["last_modified"]


def test_deletion_leaves_a_tombstone_until_creation(app, alice):
    app.put_json(URL, {"data": {"name": "a"}}, headers=alice)

    deleted = app.delete(URL, headers=alice)
    since = app.get("/mushrooms?_since=0", headers=alice)

    assert set(deleted.json["data"]) == {"id", "last_modified", "deleted"}
    assert since.json["data"] == [deleted.json["data"]]
    assert since.headers["Total-Records"] == "0"
    app.delete(URL, headers=alice, status=404)
    app.put_json(URL, {"data": {"name": "b"}}, headers=alice, status=201)
    assert len(app.get("/mushrooms?_since=0", headers=alice).json["data"]) == 1


@pytest.mark.parametrize("quoted", ["{}", '"{}"'])
@pytest.mark.parametrize("delta", [10**6, 0, -10])
def test_deletions_may_be_dated(app, alice, quoted, delta):
    created = app.put_json(URL, {"data": {"name": "a"}}, headers=alice).json["data"]
    wanted = created["last_modified"] + delta

    deleted = app.delete(f"{URL}?last_modified={quoted.format(wanted)}", headers=alice)

    stamp = deleted.json["data"]["last_modified"]
    assert (stamp == wanted) if delta > 0 else (stamp > created["last_modified"])


@pytest.mark.parametrize("delta", [10**6, 0, -10])
def test_writes_may_be_dated(spores, alice, delta):
    url = f"/spores/{ID}"
    created = spores.put_json(
        url, {"data": {"last_modified": 5}}, headers=alice, status=201
    )
    assert created.json["data"]["last_modified"] == 5
    current = spores.put_json(url, {"data": {}}, headers=alice).json["data"][
        "last_modified"
    ]

    for method in ("PUT", "PATCH"):
        wanted = current + delta
        response = spores.request(
            url, method=method, headers=alice,
            body=json.dumps({"data": {"last_modified": wanted}}).encode(),
        )  # fmt: skip
        stamp = response.json["data"]["last_modified"]
        assert (stamp == wanted) if delta > 0 else (stamp > current)
        current = stamp


def test_fields_of_records_without_schema_can_be_projected_only(spores, alice):
    for rank, name in [(3, "c"), (1, "a"), (2, "b"), (2, "B")]:
        spores.post_json(
            "/spores",
            {"data": {"rank": rank, "name": name, "o": {"x": 1, "y": 2}}},
            headers=alice,
        )

    def get(query):
        return spores.get(f"/spores?{query}", headers=alice)

    # The schema declares no field: only the three of every record are known.
    assert get("_fields=o.x,name").json["data"][0]["o"] == {"x": 1}
    assert set(get("_fields=name").json["data"][0]) == {"id", "last_modified", "name"}
    assert "rank" not in get("_fields=name").json["data"][0]
    spores.get("/spores?rank=1", headers=alice, status=400)


def test_lists_follow_filters_and_order(app, alice):
    for name in ("b", "a", "c"):
        app.post_json("/mushrooms", {"data": {"name": name}}, headers=alice)

    def get(query):
        return names(app.get(f"/mushrooms?{query}", headers=alice))

    assert get("") == ["c", "a", "b"]
    assert get("_sort=name") == ["a", "b", "c"]
    assert get("_sort=-name") == ["c", "b", "a"]
    assert get("_sort=,%2Bname,") == ["a", "b", "c"]
    assert get("name=a") == ["a"]
    assert get("not_name=a&_sort=name") == ["b", "c"]
    assert get("in_name=a,c&_sort=name") == ["a", "c"]
    assert get("exclude_name=a,c") == ["b"]
    assert get("min_name=b&_sort=name") == ["b", "c"]
    assert get("gt_name=b") == ["c"]
    assert get("max_name=b&lt_name=b") == ["a"]
    assert get("name=5") == []


def test_since_and_before_are_exclusive(app, alice):
    stamps = [
        app.post_json("/mushrooms", {"data": {"name": str(n)}}, headers=alice).json[
            "data"
        ]["last_modified"]
        for n in range(3)
    ]

    since = app.get(f"/mushrooms?_since=%22{stamps[0]}%22", headers=alice)
    before = app.get(f"/mushrooms?_before={stamps[2]}", headers=alice)
    to = app.get(f"/mushrooms?_to={stamps[2]}", headers=alice)

    assert names(since) == ["2", "1"]
    assert names(before) == names(to) == ["1", "0"]
    assert json.loads(to.headers["Alert"])["code"] == "soft-eol"
    assert "Alert" not in before.headers


@pytest.mark.parametrize(
    "sort", ["", "_sort=name&", "_sort=-name,id&", "_sort=last_modified&"]
)
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 10])
def test_walking_sees_every_record_once(app, mount, alice, sort, limit):
    for number in range(5):
        app.post_json(
            "/mushrooms", {"data": {"name": str(number % 2) * 300}}, headers=alice
        )
    expected = app.get(f"/mushrooms?{sort}", headers=alice).json["data"]

    url = f"/mushrooms?{sort}_limit={limit}&_since=1"
    seen = []
    pages = 0
    while url:
        response = app.get(url, headers=alice)
        seen += response.json["data"]
        assert response.headers["Total-Records"] == "5"
        pages += 1
        url = response.headers.get("Next-Page", "").replace(
            f"http://localhost{mount}/v0", ""
        )
        assert len(url) < 4096

    assert seen == expected
    assert pages == -(-5 // limit)


def test_a_walk_survives_deletions(app, mount, alice):
    ids = [
        app.post_json("/mushrooms", {"data": {"name": str(n)}}, headers=alice).json[
            "data"
        ]["id"]
        for n in range(6)
    ]
    first = app.get("/mushrooms?_limit=2", headers=alice)
    for number in (4, 5, 0):
        app.delete(f"/mushrooms/{ids[number]}", headers=alice)

    rest = []
    url = first.headers["Next-Page"].replace(f"http://localhost{mount}/v0", "")
    while url:
        response = app.get(url, headers=alice)
        rest += names(response)
        url = response.headers.get("Next-Page", "").replace(
            f"http://localhost{mount}/v0", ""
        )

    assert rest == ["3", "2", "1"]


def test_paginate_by_bounds_every_page(make_app, alice):
    app = make_app(paginate_by=2)
    for number in range(5):
        app.post_json("/mushrooms", {"data": {"name": str(number)}}, headers=alice)

    for query in ("", "_limit=0", "_limit=4"):
        assert len(app.get(f"/mushrooms?{query}", headers=alice).json["data"]) == 2


def test_what_the_storage_gives_at_once_is_a_page(make_app, mount, alice):
    app = make_app(storage_max_fetch_size=3)
    for number in range(5):
        app.post_json("/mushrooms", {"data": {"name": str(number)}}, headers=alice)

    first = app.get("/mushrooms", headers=alice)
    url = first.headers["Next-Page"].replace(f"http://localhost{mount}/v0", "")
    rest = app.get(url, headers=alice)

    assert names(first) == ["4", "3", "2"]
    assert first.headers["Total-Records"] == "5"
    assert names(rest) == ["1", "0"]
    assert "Next-Page" not in rest.headers


def test_total_records_may_be_told_on_head_only(make_app, alice):
    app = make_app(total_records="head")

    assert "Total-Records" not in app.get("/mushrooms", headers=alice).headers
    assert app.head("/mushrooms", headers=alice).headers["Total-Records"] == "0"


def test_collection_delete_follows_filters(app, alice):
    for number in range(4):
        app.post_json("/mushrooms", {"data": {"name": str(number)}}, headers=alice)

    deleted = app.delete("/mushrooms?in_name=%221%22,%222%22&_limit=1", headers=alice)

    assert len(deleted.json["data"]) == 2
    assert len({record["last_modified"] for record in deleted.json["data"]}) == 2
    assert names(app.get("/mushrooms?_sort=name", headers=alice)) == ["0", "3"]
    assert app.delete("/mushrooms?name=none", headers=alice).json["data"] == []


def test_collection_delete_may_be_paginated(make_app, alice):
    app = make_app(paginated_delete=True)
    for number in range(4):
        app.post_json("/mushrooms", {"data": {"name": str(number)}}, headers=alice)

    deleted = app.delete("/mushrooms?_limit=3&_sort=name", headers=alice)

    assert len(deleted.json["data"]) == 3
    assert names(app.get("/mushrooms", headers=alice)) == ["3"]


def test_response_behavior(spores, alice):
    url = f"/spores/{ID}"
    spores.put_json(url, {"data": {"a": 1, "b": 2}}, headers=alice)

    def patch(behavior, **data):
        headers = {**alice, "Response-Behavior": behavior}
        return spores.patch_json(url, {"data": data}, headers=headers).json

    assert patch("light", a=1, b=3) == {"data": {"b": 3}}
    assert patch("diff", b=4) == {"data": {}}
    assert patch("LIGHT", b=4) == {"data": {}}
    assert patch("full", b=5)["data"]["a"] == 1


def test_defaults_complete_records(make_app, alice):
    app = make_app(psilo_create_principals="system.Authenticated")

    response = app.post_json("/psilos", {"data": {"odd": 1}}, headers=alice)

    record = response.json["data"]
    assert {key: record[key] for key in ("name", "edible", "size")} == {
        "name": "Unknown", "edible": True, "size": -1,
    }  # fmt: skip
    assert "odd" not in record
    app.post("/psilos", b"", headers=alice, status=201)


def test_endpoints_can_be_disabled(make_app, alice):
    app = make_app(
        record_mushroom_delete_enabled=False, collection_mushroom_get_enabled=False
    )
    app.put_json(URL, {"data": {"name": "a"}}, headers=alice)

    response = app.delete(URL, headers=alice, status=405)

    assert "DELETE" not in response.headers["Allow"]
    app.get("/mushrooms", headers=alice, status=405)
    app.head("/mushrooms", headers=alice, status=405)


def test_readonly_mode_only_reads(make_app, alice):
    app = make_app(readonly=True)

    app.get("/mushrooms", headers=alice)
    app.put_json(URL, {"data": {"name": "a"}}, headers=alice, status=405)
    body = {"requests": [{"method": "PUT", "path": URL, "body": {"data": {}}}]}
    assert (
        app.post_json("/batch", body, headers=alice).json["responses"][0]["status"]
        == 405
    )
    assert app.get("/").json["settings"]["readonly"] is True


def test_reads_write_nothing(app, alice):
    storage = app.app.registry.storage

    first = app.get("/mushrooms", headers=alice).headers["ETag"]
    app.head("/mushrooms", headers=alice)

    assert first == '"0"'
    user_id = app.get("/", headers=alice).json["user"]["id"]
    assert storage.collection_timestamp("mushroom", user_id, initialize=False) == 0


def test_no_cache_stores_what_somebody_was_answered(make_app, alice):
    app = make_app(toadstool_read_principals="system.Everyone")
    created = app.post_json("/mushrooms", {"data": {"name": "a"}}, headers=alice)
    url = f"/mushrooms/{created.json['data']['id']}"
    stale = {**alice, "If-Match": '"1"'}
    batch = {"requests": [{"path": "/"}]}

    answers = [
        created,
        app.get("/", headers=alice),
        app.get("/mushrooms", headers=alice),
        app.get(url, headers=alice),
        app.patch_json(url, {"data": {}}, headers=alice),
        app.put_json(url, {"data": {"name": "b"}}, headers=alice),
        app.delete(url, headers=stale, status=412),
        app.get("/mushrooms?_limit=x", headers=alice, status=400),
        app.get("/mushrooms/-", headers=alice, status=400),
        app.post_json("/batch", batch, headers=alice),
        # The batch is nobody's, an entry is hers.
        app.post_json("/batch", {"requests": [{"path": "/", "headers": alice}]}),
        app.delete("/mushrooms", headers=alice),
        # Whoever asks: it may be another list for the next one.
        app.get("/toadstools", headers=alice),
    ]  # fmt: skip

    found = [answer.headers.get("Cache-Control") for answer in answers]
    assert found == ["no-cache, no-store"] * len(answers)


def test_responses_may_be_stored_as_in_3_1(make_app, alice):
    app = make_app(private_responses=False)

    for path in ("/mushrooms", "/"):
        assert app.get(path, headers=alice).headers["Cache-Control"] == "no-cache"


def test_shared_lists_are_not_stored_for_anonymous_users_either(make_app):
    app = make_app(toadstool_read_principals="system.Everyone")

    assert app.get("/toadstools").headers["Cache-Control"] == "no-cache, no-store"
    assert app.get("/").headers["Cache-Control"] == "no-cache"


def test_tombstones_take_no_place_on_a_page_to_delete(make_app, alice):
    app = make_app(paginated_delete=True)
    paths = []
    for name in "abc":
        body = {"data": {"name": name}}
        made = app.post_json("/mushrooms", body, headers=alice).json
        paths.append(f"/mushrooms/{made['data']['id']}")
    app.delete(paths[0], headers=alice)

    deleted = app.delete("/mushrooms?_since=1&_limit=2", headers=alice)

    assert len(deleted.json["data"]) == 2
    assert "Next-Page" not in deleted.headers
    assert app.get("/mushrooms", headers=alice).json["data"] == []
