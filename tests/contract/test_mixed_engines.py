"""Lists of shared records where storage and permissions are in any two databases.

In one database the two are joined, else ids are read from one and looked up in the other:
every pair of engines, and two databases of one engine, show and delete the same records,
those that may be read and deleted one by one.
"""

import random
from urllib.parse import quote

import pytest

from tests.contract.backends import APP_ENGINES
from tests.contract.nested import build, principal_of, user

ALICE, BOB, MALLORY = map(user, ("alice", "bob", "mallory"))
SAFE = "~!$&'()*+,;=:@"
ODD = [
    *(
        "a",
        "1",
        "10",
        "a b",
        "café",
        "x%",
        "%22",
        '"',
        "%",
        "%25",
        "a@b",
        "a:b",
        "*",
        "_",
    ),
    *(
        "[x]",
        "x?",
        "a+b",
        "\\",
        "'",
        "{id}",
        "🐒",
        "%C3%A9",
        "a&b=c;d",
        "-~.!$()",
        "a#b",
    ),
]


def pytest_generate_tests(metafunc):
    pairs = [
        (storage, permission, 1 if storage is permission else 2)
        for storage in APP_ENGINES
        for permission in APP_ENGINES
    ]
    # Memory has one place only.
    pairs += [(engine, engine, 2) for engine in APP_ENGINES if engine.url_is_a_place]
    # One of two engines stands for all such pairs in the short run.
    short = {("postgresql", "redis")}
    metafunc.parametrize(
        ("storage_engine", "permission_engine", "databases"),
        [
            pytest.param(
                one, other, count, id=f"{one.id}-{other.id}-{count}",
                marks=[] if one is other or (one.id, other.id) in short
                else [pytest.mark.long],
            )
            for one, other, count in pairs
        ],
        indirect=True,
        scope="module",
    )  # fmt: skip


@pytest.fixture(scope="module")
def storage_engine(request):
    return request.param


@pytest.fixture(scope="module")
def permission_engine(request):
    return request.param


@pytest.fixture(scope="module")
def databases(request):
    return request.param


@pytest.fixture(scope="module")
def places(storage_engine, permission_engine, databases, services, tmp_path_factory):
    url = storage_engine.url(services, tmp_path_factory.mktemp("storage"))
    other = url
    if databases == 2:
        other = permission_engine.url(services, tmp_path_factory.mktemp("permission"))
    return (storage_engine, url), (permission_engine, other)


@pytest.fixture(scope="module")
def make(places):
    built = []

    def make(**settings):
        built.append(build(*places, **settings))
        return built[-1]

    yield make
    for app in built:
        flush(app)


@pytest.fixture(scope="module")
def app_of_module(make):
    return make()


@pytest.fixture
def app(app_of_module):
    flush(app_of_module)
    return app_of_module


def flush(app):
    for kind in ("storage", "permission"):
        getattr(app.app.registry, kind).flush()


def path_of(record_id, collection="/v1/articles"):
    return f"{collection}/{quote(record_id, safe=SAFE)}"


def put(app, path, n=0, owner=ALICE, **permissions):
    body = {"data": {"n": n}, "permissions": permissions}
    return app.put_json(path, body, headers=owner)


def walk(app, path, headers=BOB):
    """Read all pages: ids in order, and the total of the first page."""
    answer = app.get(path, headers=headers)
    total, found = int(answer.headers["Total-Records"]), []
    while True:
        found += [record["id"] for record in answer.json["data"]]
        if "Next-Page" not in answer.headers:
            return found, total
        answer = app.get(answer.headers["Next-Page"], headers=headers)


def test_databases_are_those_that_were_asked_for(app, databases):
    registry = app.app.registry
    is_one = registry.storage.database == registry.permission.database

    assert is_one is (databases == 1)


def test_nested_objects_of_the_same_id_share_nothing(app):
    mallory = principal_of(app, "mallory")
    put(app, "/v1/articles/payroll", read=["nobody"])
    put(app, "/v1/articles/mine")
    grants = {"read": [mallory], "write": [mallory]}
    put(app, "/v1/articles/mine/comments/payroll", owner=MALLORY, **grants)

    for path in ("/v1/articles", "/v1/articles?_limit=1", "/v1/articles?n=0"):
        for send in (app.get, app.head, app.delete):
            send(path, headers=MALLORY, status=403)

    put(app, "/v1/articles/shared", **grants)
    assert walk(app, "/v1/articles?_limit=1", MALLORY) == (["shared"], 1)
    head = app.head("/v1/articles", headers=MALLORY)
    assert head.headers["Total-Records"] == "1"
    gone = app.delete("/v1/articles", headers=MALLORY).json["data"]
    assert [each["id"] for each in gone] == ["shared"]
    app.get("/v1/articles/payroll", headers=ALICE, status=403)
    app.patch_json("/v1/articles/payroll", {"data": {}}, headers=ALICE, status=200)


def test_any_id_is_listed(app):
    bob = principal_of(app, "bob")
    for n, record_id in enumerate(ODD):
        put(app, path_of(record_id), n, read=[bob], write=[bob])
        put(app, path_of(f"{record_id}{record_id}!"), n)

    newest = ODD[::-1]
    assert walk(app, "/v1/articles?_limit=4") == (newest, len(ODD))
    assert walk(app, "/v1/articles?_sort=n&_limit=7") == (ODD, len(ODD))
    head = app.head("/v1/articles", headers=BOB)
    assert head.headers["Total-Records"] == str(len(ODD))
    assert walk(app, "/v1/articles?min_n=5&_limit=3") == (newest[:-5], len(ODD) - 5)
    third = app.get(path_of(ODD[2]), headers=BOB).json["data"]["last_modified"]
    since = walk(app, f"/v1/articles?_since={third}&_limit=5")
    assert since == (newest[:-3], len(ODD) - 3)
    one = quote('"é"' if "é" in ODD else "café")
    assert walk(app, f"/v1/articles?id={one}") in ((["café"], 1), ([], 0))

    gone = app.delete("/v1/articles?min_n=5", headers=BOB).json["data"]
    assert sorted(each["id"] for each in gone) == sorted(ODD[5:])
    assert walk(app, "/v1/articles") == (newest[-5:], 5)
    deleted = app.get(f"/v1/articles?_since={third}", headers=BOB).json["data"]
    assert {each["id"] for each in deleted if "deleted" not in each} == set(ODD[3:5])
    # What was deleted leaves no permission to the next one of that id.
    put(app, path_of(ODD[-1]))
    assert walk(app, "/v1/articles") == (newest[-5:], 5)


@pytest.mark.parametrize(
    ("own", "other"), [('"', "%22"), ("%22", '"'), ("é", "%C3%A9")]
)
def test_an_id_is_not_what_it_looks_like_in_a_url(app, own, other):
    bob = principal_of(app, "bob")
    put(app, path_of(other))
    put(app, path_of(own), read=[bob], write=[bob])

    app.get(path_of(other), headers=BOB, status=403)
    assert walk(app, "/v1/articles") == ([own], 1)
    gone = app.delete("/v1/articles", headers=BOB).json["data"]
    assert [each["id"] for each in gone] == [own]
    app.patch_json(path_of(other), {"data": {}}, headers=ALICE)


def test_stars_of_clients_are_ordinary(app):
    bob = principal_of(app, "bob")
    put(app, "/v1/articles/a/comments/1", read=[bob], write=[bob])

    for star in ("*", "%2A", "a*", "*a*", "***"):
        path = f"/v1/articles/{star}/comments"
        for send in (app.get, app.head, app.delete):
            send(path, headers=BOB, status=403)
    put(app, "/v1/articles/*/comments/2", read=[bob])
    assert walk(app, "/v1/articles/*/comments") == (["2"], 1)
    assert walk(app, "/v1/articles/a/comments") == (["1"], 1)


@pytest.mark.parametrize("parent", ["é %", '"', "%22", "a:b", "*"])
def test_comments_of_any_article(app, parent):
    bob = principal_of(app, "bob")
    comments = f"{path_of(parent)}/comments"
    put(app, f"{comments}/1", read=[bob])
    made = app.post_json(
        comments, {"data": {}, "permissions": {"read": [bob]}}, headers=ALICE
    ).json["data"]["id"]

    assert walk(app, comments) == ([made, "1"], 2)
    app.get(f"{comments}/{made}", headers=BOB)


def test_a_star_in_front_of_many_is_answered_at_once(app):
    """No pattern of a client makes the search try all ways to place its stars."""
    bob = principal_of(app, "bob")
    put(app, f"/v1/articles/{'a' * 200}/comments/1", read=[bob])

    path = f"/v1/articles/{'*a' * 60}b/comments"
    app.get(path, headers=BOB, status=403)


def rights(app, method, ids, headers):
    """Return the records that a user may read, or delete, one by one."""
    found = set()
    for record_id in ids:
        path = path_of(record_id)
        answer = app.request(path, method=method, headers=headers, expect_errors=True)
        if answer.status_int == 200:
            found.add(record_id)
    return found


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    "setting", ["", "article_read_principals", "article_write_principals"]
)
def test_lists_are_what_may_be_done_one_by_one(make, seed, setting):
    """Read and delete: by groups, for everybody, with a setting that replaces grants."""
    settings = {setting: "group:staff"} if setting else {}
    app = make(**settings)
    flush(app)
    chance, bob = random.Random(seed), principal_of(app, "bob")
    app.app.registry.permission.add_user_principal(bob, "group:friends")
    app.app.registry.permission.add_user_principal(
        principal_of(app, "alice"), "group:staff"
    )
    who = [
        bob,
        "group:friends",
        "system.Everyone",
        "system.Authenticated",
        "carol",
        "x",
    ]
    ids = chance.sample(ODD, 10)
    for record_id in ids:
        given = {
            name: chance.sample(who, chance.randrange(2)) for name in ("read", "write")
        }
        put(app, path_of(record_id), **given)

    for headers in (BOB, {}):
        one_by_one = rights(app, "GET", ids, headers)
        listed = app.get("/v1/articles", headers=headers, expect_errors=True)
        assert listed.status_int == (200 if one_by_one else 403 if headers else 401)
        if one_by_one:
            assert {each["id"] for each in listed.json["data"]} == one_by_one
    left = set(ids)
    deleted = app.delete("/v1/articles", headers=BOB, expect_errors=True)
    if deleted.status_int == 200:
        left -= {each["id"] for each in deleted.json["data"]}
    else:
        assert deleted.status_int == 403
    # Nothing else could be deleted; what was, is gone for its owner, too.
    assert rights(app, "DELETE", ids, BOB) == set()
    assert rights(app, "PATCH", left, BOB) == set()
