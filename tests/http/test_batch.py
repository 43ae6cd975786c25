"""Batch."""

import pytest
from pyramid.interfaces import INewRequest

from cliquet.storage.exceptions import BackendError

RECORD = "/mushrooms/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
BODY = {"data": {"name": "a"}}


@pytest.fixture
def send(app, alice):
    def post(*requests, status=200, headers=alice, **more):
        body = {"requests": list(requests), **more}
        response = app.post_json("/batch", body, headers=headers, status=status)
        return response.json["responses"] if status == 200 else response.json

    return post


def test_entries_run_in_order_and_see_each_other(send):
    put, get, deleted, gone = send(
        {"method": "PUT", "path": RECORD, "body": BODY},
        {"path": RECORD},
        {"method": "DELETE", "path": RECORD},
        {"path": RECORD},
    )

    assert [put["status"], get["status"], deleted["status"], gone["status"]] == [
        201, 200, 200, 404,
    ]  # fmt: skip
    assert get["body"]["data"] == put["body"]["data"]
    assert gone["body"]["errno"] == 111
    assert put["path"] == f"/v0{RECORD}"


def test_an_empty_batch_is_answered(send):
    assert send() == []


@pytest.mark.parametrize(
    "body",
    [
        {}, {"requests": None}, {"requests": 1}, {"requests": "a"}, {"requests": {}},
        {"requests": [1]}, {"requests": [None]}, {"requests": [[]]}, [],
        {"requests": [1], "defaults": {"path": "/"}},
        {"requests": [{"body": []}], "defaults": {"path": "/", "body": {"a": 1}}},
        {"requests": [{"body": 5, "path": "/"}]}, {"requests": [{}]},
        {"requests": [{"path": "no-slash"}]}, {"requests": [{"path": "/", "method": "get"}]},
        {"requests": [{"path": "/", "method": "OPTIONS"}]},
        {"requests": [{"path": "/", "headers": {"a": 1}}]},
        {"requests": [{"path": "/", "headers": "a"}]}, {"requests": [], "defaults": 3},
        {"requests": [{"path": "/"}], "defaults": {"path": "x"}},
    ],
    ids=str,
)  # fmt: skip
def test_malformed_batches_are_refused(app, alice, body):
    response = app.post_json("/batch", body, headers=alice, status=400)

    assert response.json["errno"] == 107


def test_the_schema_names_what_it_refuses(send):
    error = send({"path": "no-slash"}, status=400)

    assert error["details"][0]["name"] == "requests.0.path"
    assert "String does not match expected pattern" in error["message"]


def test_defaults_complete_entries(send):
    first, second = send(
        {"body": {"data": {"name": "own"}}},
        {"method": "GET", "path": "/"},
        defaults={
            "method": "POST", "path": "/mushrooms", "odd": 1,
            "body": {"data": {"name": "default"}},
        },
    )  # fmt: skip

    assert first["body"]["data"]["name"] == "own"
    assert second["body"]["project_name"] == "myapp"


def test_the_number_of_entries_is_limited(make_app, alice):
    app = make_app(batch_max_requests=2)
    body = {"requests": [{"path": "/"}] * 3}

    response = app.post_json("/batch", body, headers=alice, status=400)

    assert "Number of requests is limited to 2" in response.json["message"]
    app.app.registry.settings["batch_max_requests"] = None
    app.post_json("/batch", body, headers=alice)


@pytest.mark.parametrize(
    "path", ["/batch", "/v0/batch", "/batch/", "/batch?a=1", "/%62atch"]
)
def test_batches_do_not_nest(send, path):
    error = send({"path": path, "method": "POST"}, status=400)

    assert "Recursive" in error["message"]


@pytest.mark.parametrize("path", ["/batches", "/mushrooms?name=/batch"])
def test_paths_that_only_hold_the_word_are_served(send, path):
    (response,) = send({"path": path})

    assert response["status"] in (200, 404)


@pytest.mark.parametrize(
    ("path", "final"),
    [
        ("/", "/v0/"), ("/v0/", "/v0/"), ("/v1/", "/v0/v1/"),
        ("/mushrooms/", "/v0/mushrooms"), ("/unknown?param=©", "/v0/unknown"),
        ("/é", "/v0/é"), ("/%C3%A9", "/v0/é"),
    ],
)  # fmt: skip
def test_paths_are_prefixed_and_redirections_followed(send, path, final):
    (response,) = send({"path": path})

    if path != "/v1/":
        assert response["path"] == final
    assert response["status"] in (200, 404)


def test_a_redirected_entry_that_fails_has_the_usual_error(send):
    (response,) = send({"path": "/unknown/"})

    assert response["status"] == 404
    assert response["body"]["errno"] == 111
    assert response["path"] == "/v0/unknown"


def test_redirected_entries_keep_method_and_body(send):
    (response,) = send({"method": "POST", "path": "/mushrooms/", "body": BODY})

    assert response["status"] == 201


@pytest.mark.parametrize(
    "path", ["/%00", "/mushrooms?name=%00", "/%ff", "/mushrooms?_since=%ff"]
)
def test_unreadable_paths_are_sub_errors(send, path):
    (response,) = send({"path": path})

    assert response["status"] == 400
    assert response["body"]["errno"] == 107


def test_not_modified_is_a_sub_response(send):
    send({"method": "PUT", "path": RECORD, "body": BODY})

    (response,) = send(
        {"path": RECORD, "headers": {"If-None-Match": '"9999999999999"'}}
    )

    assert response["status"] == 304
    assert response["body"] == ""


def test_head_has_headers_and_no_body(send):
    (response,) = send({"method": "HEAD", "path": "/mushrooms"})

    assert response["body"] == ""
    assert response["headers"]["Total-Records"] == "0"


def test_entries_authenticate_themselves(app, alice, bob):
    body = {
        "requests": [
            {"path": "/mushrooms"},
            {
                "path": "/mushrooms",
                "headers": {"Authorization": alice["Authorization"]},
            },
            {"path": "/", "headers": {"authorization": bob["Authorization"]}},
        ]
    }

    first, second, third = app.post_json("/batch", body).json["responses"]

    assert first["status"] == 401
    assert second["status"] == 200
    assert third["body"]["user"]["id"].startswith("basicauth:89e0")


@pytest.mark.usefixtures("unhurried")
def test_groups_are_asked_for_once_per_user(app, alice, bob, monkeypatch):
    asked = []
    monkeypatch.setattr(
        app.app.registry.permission,
        "user_principals",
        lambda user_id: asked.append(user_id) or set(),
    )
    entries = [
        {"path": "/mushrooms", "headers": {"Authorization": headers["Authorization"]}}
        for headers in (alice, bob, alice, bob, alice)
    ]

    app.post_json("/batch", {"requests": entries})

    assert len(asked) == len(set(asked)) == 2


def test_client_errors_of_entries_are_included(send):
    bad, missing = send(
        {"method": "POST", "path": "/mushrooms", "body": {"x": 1}}, {"path": RECORD}
    )

    assert bad["status"] == 400
    assert bad["body"]["message"] == "data is missing" or "x" in bad["body"]["message"]
    assert missing["status"] == 404


@pytest.mark.parametrize(
    ("error", "status"), [(BackendError(), 503), (ValueError(), 500)]
)
def test_a_server_error_fails_the_batch_as_a_whole(
    app, send, monkeypatch, error, status
):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(app.app.registry.storage, "update", fail)
    send({"method": "PUT", "path": RECORD, "body": BODY})

    body = send(
        {"path": "/"}, {"method": "PUT", "path": RECORD, "body": BODY}, status=status
    )

    assert body["code"] == status


def test_an_exception_view_of_the_application_counts(app, send, monkeypatch):
    import requests

    def fail(*args, **kwargs):
        response = requests.Response()
        response.status_code = 404
        raise requests.exceptions.HTTPError(response=response)

    monkeypatch.setattr(app.app.registry.storage, "create", fail)

    (response,) = send({"method": "POST", "path": "/mushrooms", "body": BODY})

    assert response["body"] == {"errno": 999, "code": 404, "error": "Not Found"}


@pytest.fixture
def seen(app):
    """Requests that the application gets."""
    found = []
    registry = app.app.registry

    def see(event):
        found.append(event.request)

    registry.registerHandler(see, [INewRequest])
    yield found
    registry.unregisterHandler(see, [INewRequest])


def test_entries_have_the_surroundings_of_their_batch(app, seen, alice, mount):
    """Their scheme, host, mount point and client, and what middlewares put there."""
    for _ in range(2):
        app.post_json("/mushrooms", BODY, headers=alice)
    around = {
        "wsgi.url_scheme": "https", "HTTP_HOST": "h.example:443", "SERVER_NAME": "inside",
        "REMOTE_ADDR": "192.0.2.7", "REMOTE_USER": "proxy", "x.client": "certificate",
        "REQUEST_URI": "/of/the/batch", "SCRIPT_NAME": mount,
    }  # fmt: skip
    body = {"requests": [
        {"path": "/mushrooms?_limit=1"}, {"path": "/"}, {"path": "/mushrooms/?_limit=1"},
        {"path": "/", "headers": {"Host": "other.example"}},
    ]}  # fmt: skip
    seen.clear()

    answer = app.post_json("/batch", body, headers=alice, extra_environ=around)

    url = f"https://h.example{mount}/v0/"
    first, hello, redirected, other = answer.json["responses"]
    assert first["headers"]["Next-Page"].startswith(f"{url}mushrooms?")
    assert redirected["headers"]["Next-Page"].startswith(f"{url}mushrooms?")
    assert hello["body"]["url"] == url
    assert other["body"]["url"] == f"https://other.example{mount}/v0/"
    assert [each["path"] for each in answer.json["responses"]] == [
        "/v0/mushrooms", "/v0/", "/v0/mushrooms", "/v0/",
    ]  # fmt: skip
    batch, *entries = (each.environ for each in seen)
    assert len(entries) == 5
    for environ in entries:
        for name in ("REMOTE_ADDR", "REMOTE_USER", "x.client", "SERVER_NAME"):
            assert environ[name] == batch[name]
        assert "REQUEST_URI" not in environ
        assert environ["SCRIPT_NAME"] == mount


def test_entries_share_no_state_of_libraries(app, seen, alice):
    """What WebOb and others keep in the environ of one request is of that one."""
    body = {"requests": [{"path": "/mushrooms?a=1"}, {"path": "/mushrooms/?a=2"}]}

    app.post_json("/batch?a=0", body, headers=alice)

    assert [each.GET.get("a") for each in seen] == ["0", "1", "2", "2"]
    assert len({each.path_info for each in seen}) == 3
