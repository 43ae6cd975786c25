"""Inputs that broke 3.1.5, and their answers."""

import json

import pytest

from tests.contract.backends import APP_ENGINES
from tests.http.wsgi import build_environ, send

RECORD = "/spores/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"


@pytest.fixture
def app(make_app):
    return make_app(
        spore_create_principals="system.Authenticated",
        spore_read_principals="system.Authenticated",
        spore_write_principals="system.Authenticated",
    )


@pytest.fixture
def seeded(app, alice):
    """Records that lack the field, and mix types in it."""
    for rank in (1, "1", True, None, [1], {"a": 1}, 2.5):
        app.post_json("/spores", {"data": {"rank": rank}}, headers=alice)
    app.post_json("/spores", {"data": {"other": 1}}, headers=alice)
    return app


@pytest.mark.parametrize(
    "value", ["[" * 300, "-" * 5000, "(1,2)", "{[]:1}", "[1]", "2-1", "0x10"]
)
def test_what_is_no_literal_is_text(app, alice, value):
    response = app.get("/mushrooms", {"name": value}, headers=alice)

    assert response.json["data"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "9" * 400), ("min_name", "1e400"), ("_since", "9" * 400),
        ("_limit", "9" * 30), ("_limit", "-1"), ("_limit", "toto"), ("_since", "abc"),
        ("_since", "1.2"), ("_since", "true"), ("_before", ""), ("_token", "123"),
        ("_token", "e30="), ("_token", "W10="), ("_token", "bnVsbA=="), ("in_id", "0,1"),
        ("in_last_modified", "a,b"), ("name", "a\x00b"), ("in_name", "a,b\x00"),
        ("nowhere", "1"), ("_sort", "nowhere"), ("_sort", "name.a"), ("_sort", "--name"), ("_fields", "nowhere"), ("madmax_name", "1"),
        ("_token", "eyJsYXN0X3JlY29yZCI6e30sIm9mZnNldCI6MX0="),
    ],
)  # fmt: skip
def test_parameters_that_cannot_be_used_are_refused(app, alice, name, value):
    response = app.get("/mushrooms", {name: value}, headers=alice, status=400)

    assert response.json["errno"] == 107
    assert response.headers["Content-Type"] == "application/json; charset=UTF-8"


@pytest.mark.parametrize(
    "last",
    [{"last_modified": [1]}, {"last_modified": "x"}, [], {"last_modified": None}],
)
@pytest.mark.parametrize("offset", [1, "x", None])
def test_tokens_of_the_wrong_shape_are_refused(app, alice, last, offset):
    from cliquet.utils import encode64

    token = encode64(json.dumps({"last_record": last, "offset": offset}))

    app.get("/mushrooms", {"_token": token, "_limit": 2}, headers=alice, status=400)


@pytest.mark.parametrize(
    "query",
    ["exclude_name=1,2", "name=5", "gt_id=5", "gt_last_modified=abc", "in_name=[1]",
     "_sort=name", "_sort=-name,id", "not_name=None", "min_name=true",
     "gt_last_modified=%22123%22", "last_modified=9007199254740993", "deleted=true"],
)  # fmt: skip
def test_mixed_types_and_missing_fields_are_served(app, alice, query):
    app.get(f"/mushrooms?{query}", headers=alice)


@pytest.mark.parametrize(
    "body",
    ['{"data": null}', "[]", "3", '"a"', "null", "[" * 1000 + "]" * 1000,
     '{"data": ' + '{"a":' * 999 + "1" + "}" * 1000, '{"data": {"n": Infinity}}',
     '{"data": {"n": NaN}}', '{"data": {"n": 1e400}}', '{"data": {"n": "\\ud800"}}',
     '{"data": {"n": "a\\u0000b"}}', '{"data": {"n\\u0000": 1}}', '{"data": [1]}',
     '{"data": "x"}', "{'foo>}", "{", '{"data": {}} x'],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_bodies_that_are_no_records_are_refused(app, alice, body, method):
    app.put_json(RECORD, {"data": {"n": 0}}, headers=alice)
    url = "/spores" if method == "POST" else RECORD

    response = app.request(
        url, method=method, body=body.encode(), headers=alice, expect_errors=True
    )

    assert response.status_code == 400, response.body
    assert response.json["errno"] == 107
    assert app.get(RECORD, headers=alice).json["data"]["n"] == 0


@pytest.mark.parametrize("value", ["abc", 1.5, -1, True, 2**53 + 1, [], 10**30])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_timestamps_that_are_none_are_refused(app, alice, value, method):
    app.put_json(RECORD, {"data": {"n": 0}}, headers=alice)
    url = "/spores" if method == "POST" else RECORD
    body = json.dumps({"data": {"last_modified": value}}).encode()

    app.request(url, method=method, body=body, headers=alice, status=400)


@pytest.mark.parametrize("value", ["abc", 1.5, None, {}])
def test_ordinary_schemas_drop_timestamps_unseen(app, alice, value):
    body = {"data": {"name": "a", "last_modified": value}}

    created = app.post_json("/mushrooms", body, headers=alice, status=201)

    assert type(created.json["data"]["last_modified"]) is int


@pytest.mark.parametrize("value", [2**63, 2**64 + 1, 10**40, -(10**40)])
def test_big_integers_are_kept_exactly(app, alice, value):
    app.put_json(RECORD, {"data": {"n": value}}, headers=alice)

    assert json.loads(app.get(RECORD, headers=alice).body)["data"]["n"] == value
    assert len(app.get("/spores?_sort=id&_fields=n", headers=alice).json["data"]) == 1


@pytest.mark.parametrize(
    "text", ["'", "%", "_", "*", "\\", '"', "group:'; DROP TABLE x", "é"]
)
def test_principals_are_any_text(app, alice, text):
    body = {"data": {}, "permissions": {"read": [text]}}

    response = app.put_json(RECORD, body, headers=alice)

    assert response.json["permissions"]["read"] == [text]


def test_bodies_that_are_too_large_are_refused(make_app, alice):
    app = make_app(max_body_size=100)
    body = {"data": {"name": "x" * 200}}

    response = app.post_json("/mushrooms", body, headers=alice, status=413)

    assert response.json["errno"] == 113
    assert response.json["code"] == 413
    assert app.get("/mushrooms", headers=alice).headers["Total-Records"] == "0"


@pytest.mark.parametrize(
    ("key", "value"),
    [("PATH_INFO", "/v0/\xff"), ("PATH_INFO", "/v0/a\x00"), ("HTTP_IF_MATCH", "\x00"),
     ("HTTP_X_ODD", "\xff"), ("QUERY_STRING", "name=%ff"), ("QUERY_STRING", "a=\x00"),
     ("CONTENT_LENGTH", "-1"), ("CONTENT_LENGTH", "a"), ("CONTENT_LENGTH", "\xb2"),
     ("HTTP_X_ODD", "a\r\nb: c")],
)  # fmt: skip
def test_unreadable_requests_are_refused(app, key, value):
    environ = {**build_environ("GET", "/v0/", [], {}, b""), key: value}

    status, headers, body = send(app.app, environ)

    assert status == 400
    assert json.loads(body)["errno"] == 107
    assert headers["Content-Type"] == "application/json; charset=UTF-8"


@pytest.mark.parametrize("length", ["9" * 19, "9" * 5000])
def test_a_length_of_many_digits_is_too_large(app, length):
    environ = {
        **build_environ("POST", "/v0/mushrooms", [], {}, b"{}"),
        "CONTENT_LENGTH": length,
    }

    status, _, body = send(app.app, environ)

    assert status == 413
    assert json.loads(body)["errno"] == 113


@pytest.mark.parametrize(
    "record_id",
    ["a*b", "abc%0A", "%00", "a'b", "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10%0A"],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_ids_that_are_none_are_refused(app, alice, record_id, method):
    body = json.dumps({"data": {"name": "a"}}).encode()

    response = app.request(
        f"/mushrooms/{record_id}",
        method=method,
        body=body,
        headers=alice,
        expect_errors=True,
    )

    assert response.status_code == 400
    assert response.json["errno"] == 107


def test_an_empty_deletion_time_is_refused(app, alice):
    app.put_json(RECORD, {"data": {}}, headers=alice)

    for value in ("", "abc", "1.5"):
        app.delete(f"{RECORD}?last_modified={value}", headers=alice, status=400)
    app.get(RECORD, headers=alice)


@pytest.mark.parametrize(
    ("charset", "before"), [("; charset=latin-1", b""), ("; charset=bogus", b""),
                            ("", b"\xef\xbb\xbf")],
)  # fmt: skip
def test_all_of_a_body_is_read_alike(app, alice, charset, before):
    """Parameters of the content type do not matter: JSON is UTF-8 (RFC 8259, 11)."""
    record_id = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b11"
    headers = {**alice, "Content-Type": f"application/json{charset}"}

    def write(method, path, data, status):
        body = before + json.dumps({"data": data}, ensure_ascii=False).encode()
        answer = app.request(
            path, method=method, body=body, headers=headers, status=status
        )
        return answer.json["data"]

    created = write("POST", "/mushrooms", {"id": record_id, "name": "c\xe8pe"}, 201)
    changed = write("PATCH", f"/mushrooms/{record_id}", {"name": "\xe9t\xe9"}, 200)

    assert (created["id"], created["name"]) == (record_id, "c\xe8pe")
    assert changed["name"] == "\xe9t\xe9"


class Ending:
    """What servers give applications of a body that ends early."""

    def __init__(self, *parts):
        self._parts = list(parts)

    def read(self, size=-1):
        part = self._parts.pop(0) if self._parts else b""
        if isinstance(part, Exception):
            raise part
        assert 0 < len(part) <= size or not part
        return part


WHOLE = b'{"data": {"name": "a"}}'


@pytest.mark.parametrize("parts", [(), (WHOLE,), (b"{", b"}"), (WHOLE, OSError())])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_bodies_that_end_early_are_refused(app, alice, parts, method):
    path = "/mushrooms/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
    app.put_json(path, {"data": {"name": "before"}}, headers=alice)
    url = "/mushrooms" if method == "POST" else path
    environ = build_environ(method, f"/v0{url}", [], {}, WHOLE)
    environ["CONTENT_LENGTH"] = str(len(WHOLE) + 1)
    environ["wsgi.input"] = Ending(*parts)

    status, _, body = send(app.app, environ)

    assert status == 400
    assert json.loads(body)["errno"] == 107
    (kept,) = app.get("/mushrooms", headers=alice).json["data"]
    assert kept["name"] == "before"


def chunked(*parts, method="POST", **more):
    environ = build_environ(method, "/v0/mushrooms", [], {}, b"")
    del environ["CONTENT_LENGTH"]
    return {
        **environ,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": Ending(*parts),
        "wsgi.input_terminated": True,
        **more,
    }


def test_bodies_in_chunks_are_read(app, alice):
    status, _, body = send(app.app, chunked(WHOLE[:5], WHOLE[5:]))

    assert status == 201
    assert json.loads(body)["data"]["name"] == "a"


@pytest.mark.parametrize("engine_id", ["memory", "sqlite"])
def test_bodies_in_chunks_are_read_up_to_the_limit(
    make_app, alice, tmp_path, services, engine_id
):
    """Where a request may be run again, too: its body is kept for that."""
    engine = next(each for each in APP_ENGINES if each.id == engine_id)
    settings = engine.settings(engine.url(services, tmp_path))
    engine.prepare(settings)
    app = make_app(**settings, max_body_size=1000)
    environ = chunked()
    read = []

    def give(size):
        read.append(min(size, 100))
        return b" " * read[-1]

    environ["wsgi.input"].read = give

    status, _, body = send(app.app, environ)

    assert status == 413
    assert json.loads(body)["errno"] == 113
    assert sum(read) == 1001


def test_a_length_is_required_where_chunks_do_not_end(app, alice):
    environ = chunked(WHOLE)
    del environ["wsgi.input_terminated"]

    status, _, body = send(app.app, environ)

    assert status == 411
    assert json.loads(body)["errno"] == 112


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "identity, br", "x"])
def test_encoded_bodies_are_refused(app, alice, encoding):
    headers = {**alice, "Content-Encoding": encoding}

    response = app.post("/mushrooms", WHOLE, headers=headers, status=415)

    assert response.headers["Accept-Encoding"] == "identity"
    assert response.json["errno"] == 107
    assert response.json["code"] == 415


@pytest.mark.parametrize("encoding", ["", "identity", "Identity"])
def test_the_identity_is_no_encoding(app, alice, encoding):
    headers = {**alice, "Content-Encoding": encoding}

    app.post("/mushrooms", WHOLE, headers=headers, status=201)
    app.get("/mushrooms", headers={**alice, "Content-Encoding": "gzip"})


# --- Host ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "host", "status"),
    [
        # RFC 9112, 3.2.
        ("HTTP/1.1", None, 400),
        ("HTTP/1.1", "", 400), ("HTTP/1.1", "a.example", 200),
        ("HTTP/1.0", None, 200), ("HTTP/2", None, 200), ("HTTP/2.0", None, 200),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v0/", "/v0/mushrooms", "/v0/__lbheartbeat__"])
def test_a_request_of_http_1_1_names_its_host(app, path, protocol, host, status):
    environ = build_environ("GET", path, [], {}, b"")
    del environ["HTTP_HOST"]
    environ["SERVER_PROTOCOL"] = protocol
    if host is not None:
        environ["HTTP_HOST"] = host

    answered, _, body = send(app.app, environ)

    assert answered == status
    if status == 400:
        assert json.loads(body)["message"] == "Host is missing"


def test_a_request_whose_protocol_is_not_told_needs_no_host(app):
    environ = build_environ("GET", "/v0/", [], {}, b"")
    del environ["HTTP_HOST"], environ["SERVER_PROTOCOL"]

    assert send(app.app, environ)[0] == 200
