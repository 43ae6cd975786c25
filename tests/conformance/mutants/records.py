"""What breaks the clauses of records."""

from tests.conformance.breaking import (
    RECORD,
    answers,
    asks,
    asks_json,
    both,
    drops,
    edits,
    edits_data,
    edits_records,
    forward,
    method,
    path,
    replies,
    status,
)

NOTE = path(r"/notes/[^/]+$")
NOTES = path(r"/notes$")
ARTICLE = path(r"/articles/[^/]+$")


def in_quotes(record):
    record["last_modified"] = str(record["last_modified"])


def empty_object(body):
    """Read a PUT without `data` as one with an empty object."""
    body.setdefault("data", {"title": "none"})


def null_is_empty(body):
    if body.get("data", 0) is None:
        body["data"] = {}


def default_title(body):
    data = body.get("data")
    if isinstance(data, dict) and data.get("title") == "":
        data["title"] = "untitled"


def number_or_zero(body):
    rank = body.get("data", {}).get("rank")
    if isinstance(rank, str) and not rank.isdigit():
        body["data"]["rank"] = 0


def shallow(body):
    """Keep what is not declared, but nothing inside of it."""
    data = body.get("data")
    if (
        isinstance(data, dict)
        and "deep" in data.get("unknown", {})
        and isinstance(data["unknown"], dict)
    ):
        data["unknown"] = str(data["unknown"])


def as_doubles(body):
    data = body.get("data", {})
    if isinstance(data.get("size"), int):
        data["size"] = int(float(data["size"]))


def trimmed(request):
    request.path_info = request.path_info.rstrip("\n")


def any_id(request, app):
    """Take ids that have no star in them."""
    if request.method == "POST" and "wrong=id" in request.text:
        request.text = request.text.replace(
            "wrong=id", "0b7f8f3a-1fd0-4d44-8b9e-0c6f1b2f0c11"
        )
    return forward(request, app)


def without_id(body):
    if isinstance(body.get("data"), dict):
        body["data"].pop("id", None)


def overwrite(request, app):
    """Store what is posted with the id of a record."""
    body = request.json_body if request.method == "POST" else {}
    response = forward(request, app)
    if response.status_int == 200 and "id" in body.get("data", {}):
        again = request.copy()
        again.method = "PUT"
        again.path_info = f"{request.path_info}/{body['data']['id']}"
        forward(again, app)
    return response


def second_slug(body):
    data = body.get("data")
    if isinstance(data, dict) and "slug" in data:
        del data["slug"]


def null_is_a_value(body):
    data = body.get("data")
    if isinstance(data, dict) and data.get("slug", "") is None:
        data["slug"] = "null"


def shown_to_creators(request, app):
    response = forward(request, app)
    if request.method == "POST" and response.status_int == 403:
        record_id = request.json_body["data"]["id"]
        response = replies(200, {"data": {"id": record_id, "title": "one"}})(
            request, app
        )
    return response


def rounded(record):
    if record.get("rank", 0) < 0:
        record["rank"] = 0


def merge(request, app):
    """Have PUT keep the fields that are not sent."""
    if request.method == "PUT" and ARTICLE(request):
        request.method = "PATCH"
        response = forward(request, app)
        if response.status_int != 404:
            return response
        request.method = "PUT"
    return forward(request, app)


def unchanged(request, app):
    """Have PATCH of a note write, whatever is sent."""
    response = forward(request, app)
    if request.method == "PATCH" and NOTE(request) and response.status_int == 200:
        again = request.copy()
        again.method = "PUT"
        again.body = response.body
        return forward(again, app)
    return response


def lazy(request, app):
    """Answer a PATCH that sends nothing from what is stored."""
    if (
        request.method == "PATCH"
        and ARTICLE(request)
        and request.json_body == {"data": {}}
    ):
        again = request.copy_get()
        return forward(again, app)
    return forward(request, app)


def last_only(request, app):
    """Lose a field that was sent together with others."""
    if request.method == "PATCH" and b"field3" in request.body:
        request.body = b'{"data": {}}'
    return forward(request, app)


def drop_source(body):
    if isinstance(body.get("data"), dict):
        body["data"].pop("source", None)


def all_of_it(request, app):
    """Answer light with all that was sent."""
    sent = request.json_body if request.method == "PATCH" else {}
    response = forward(request, app)
    if "Response-Behavior" in request.headers and response.status_int == 200:
        response.json = {"data": sent["data"]}
    return response


def shared():
    """Show the notes of the one who made the last to everybody."""
    last = {}

    def broken(request, app):
        if NOTES(request) and request.method == "POST":
            last["maker"] = request.headers["Authorization"]
        elif NOTE(request) and request.method == "GET":
            request.headers["Authorization"] = last["maker"]
        return forward(request, app)

    return broken


def without_other(body):
    del body["details"]["existing"]


def half(data):
    return data[:1]


MUTANTS = {
    "REC-1": edits_records(in_quotes, of=both(RECORD, method("GET"), status(200))),
    "REC-2": asks_json(empty_object, of=both(NOTE, method("PUT"))),
    "REC-3": asks_json(null_is_empty, of=both(ARTICLE, method("PATCH"))),
    "REC-4": asks_json(default_title),
    "REC-5": asks_json(number_or_zero, of=method("PATCH")),
    "REC-6": asks_json(shallow),
    "REC-7": answers(400, both(NOTE, method("PUT"))),
    "REC-8": asks_json(as_doubles),
    "REC-9": any_id,
    "REC-10": asks(trimmed),
    "REC-11": asks_json(without_id, of=method("PATCH")),
    "REC-12": asks_json(without_id, of=method("POST")),
    "REC-13": overwrite,
    "REC-14": asks_json(second_slug, of=method("POST")),
    "REC-15": shown_to_creators,
    "REC-16": answers(200, both(NOTES, method("POST"))),
    "REC-17": edits_records(rounded, of=both(method("GET"), RECORD, status(200))),
    "REC-18": edits(lambda body: {**body, "errno": 110}, of=both(NOTE, method("DELETE"), status(404))),
    "REC-19": answers(200, both(NOTE, method("PUT"), status(201))),
    "REC-20": merge,
    "REC-21": asks_json(drop_source, of=method("PUT")),
    "REC-22": edits_data(lambda data: {key: data[key] for key in data if key != "slug"}, of=method("PATCH")),
    "REC-23": unchanged,
    "REC-24": lazy,
    "REC-25": answers(200, both(ARTICLE, method("PATCH"), status(400))),
    "REC-26": asks_json(drop_source, of=method("PATCH")),
    "REC-27": all_of_it,
    "REC-28": last_only,
    "REC-29": edits_data(lambda data: {**data, "title": "one"}, of=both(NOTE, method("DELETE"), status(200))),
    "REC-30": edits_data(half, of=both(NOTES, method("DELETE"))),
    "REC-31": answers(400, both(NOTES, method("DELETE"), lambda request, response: "_token" in request.query_string)),
    "REC-32": asks_json(second_slug, of=method("PATCH")),
    "REC-33": edits(without_other, of=status(409)),
    "REC-34": asks_json(null_is_a_value),
    "REC-35": shared(),
    "REC-37": edits_data(lambda data: {**data, "slug": None}, of=both(NOTE, method("PATCH"))),
    "REC-38": edits_data(lambda data: {**data, "moved": 4}, of=both(ARTICLE, method("PATCH"))),
    "REC-39": answers(200, both(NOTE, method("PATCH"), status(409))),
    "REC-40": drops("Accept-Patch", of=method("GET")),
    "REC-36": answers(400, both(NOTE, method("DELETE"), lambda request, response: "_limit=abc" in request.query_string)),
}  # fmt: skip
