"""What breaks the clauses of permissions."""

import json

from tests.conformance.breaking import (
    alters,
    answers,
    asks_json,
    both,
    edits,
    edits_data,
    forward,
    method,
    path,
    replies,
    status,
)

ARTICLES = path("/articles$")
ARTICLE = path("/articles/")


def as_maker(*methods, of=lambda request, response=None: True):
    """Let anybody do what the maker of the last article may."""
    last = {}

    def broken(request, app):
        if ARTICLES(request) and request.method == "POST":
            last["maker"] = request.headers.get("Authorization", "")
        elif request.method in methods and ARTICLE(request) and of(request):
            request.headers["Authorization"] = last["maker"]
        return forward(request, app)

    return broken


def absent_is_404(request, app):
    """Say by a 404 that there is nothing, to who may not know."""
    response = forward(request, app)
    if request.method == "POST" and response.status_int == 201:
        KNOWN.add(f"{request.path}/{response.json['data']['id']}")
    elif (
        response.status_int == 403
        and request.method == "DELETE"
        and request.path not in KNOWN
    ):
        return replies(404, {"code": 404, "errno": 111, "error": "Not Found"})(
            request, app
        )
    return response


KNOWN = set()


def readable_by_writers(body):
    """Have those who may write read as well."""
    permissions = body.get("permissions")
    if isinstance(permissions, dict) and isinstance(permissions.get("write"), list):
        permissions["read"] = [*permissions.get("read", []), *permissions["write"]]


def no_authenticated(body):
    permissions = body.get("permissions", {})
    permissions["read"] = [
        "nobody" if each == "system.Authenticated" else each
        for each in permissions.get("read", [])
    ]


def with_empty(body):
    if "permissions" in body:
        body["permissions"].setdefault("read", [])


def texts(body):
    """Read a number as a principal."""
    permissions = body.get("permissions")
    if isinstance(permissions, dict) and permissions.get("read") == [42]:
        permissions["read"] = ["42"]


def without_permissions(body):
    body.pop("permissions", None)


def only_what_was_sent(request, app):
    response = forward(request, app)
    if request.method == "PATCH" and ARTICLE(request) and response.status_int == 200:
        body = response.json
        try:
            sent = json.loads(request.body).get("permissions", {}).get("write")
        except ValueError:
            sent = None
        if sent:
            body["permissions"]["write"] = sent
            response.json = body
    return response


def keep_read(body):
    """Leave what a PUT does not send."""
    permissions = body.get("permissions")
    if permissions and "read" not in permissions:
        body.pop("permissions")


def both_at_once(body):
    """Empty what a PATCH does not send."""
    permissions = body.get("permissions")
    if isinstance(permissions, dict) and permissions:
        permissions.setdefault("read", [])
        permissions.setdefault("write", [])


def remembered(request, app):
    """Give a record that is created again what it had before."""
    response = forward(request, app)
    if not ARTICLE(request) and not ARTICLES(request):
        return response
    if request.method == "POST" and response.status_int == 201:
        body = response.json
        OLD[body["data"]["id"]] = body.get("permissions")
    elif request.method == "PUT" and response.status_int == 201:
        body = response.json
        old = OLD.get(body["data"]["id"])
        if old:
            body["permissions"] = old
            response.json = body
    return response


OLD = {}


def with_null(body):
    if "permissions" in body:
        body["permissions"].setdefault("write", []).append(None)


def counted_all(response):
    response.headers["Total-Records"] = "3"


def empty_list(request, app):
    """Answer an empty list to who may read nothing."""
    response = forward(request, app)
    if ARTICLES(request) and request.method == "GET" and response.status_int == 403:
        return replies(200, {"data": []}, {"ETag": '"0"'})(request, app)
    return response


def all_of_them(data):
    return [
        *data,
        {
            "id": "0b7f8f3a-1fd0-4d44-8b9e-0c6f1b2f0c11",
            "deleted": True,
            "last_modified": 1,
        },
    ]


def own_etag(request, app):
    response = forward(request, app)
    if ARTICLES(request) and request.method == "GET" and response.status_int == 200:
        newest = max(
            (each["last_modified"] for each in response.json["data"]), default=0
        )
        response.headers["ETag"] = f'"{newest}"'
    return response


def told_all(data):
    if isinstance(data, dict):
        data.setdefault("hidden", "x")


def told_other(body):
    if isinstance(body.get("details"), dict):
        body["details"].setdefault("existing", {"title": "one"})


def first_come(request, app):
    """Permit the entries of a batch before they are run."""
    response = forward(request, app)
    if path("/batch$")(request) and response.status_int == 200:
        body = response.json
        for each in body["responses"]:
            each["status"] = 200 if each["status"] == 403 else each["status"]
        response.json = body
    return response


MUTANTS = {
    "PERM-1": as_maker("HEAD", "PUT"),
    "PERM-2": answers(404, both(status(403), ARTICLE)),
    "PERM-3": absent_is_404,
    "PERM-4": asks_json(readable_by_writers, of=ARTICLES),
    "PERM-6": asks_json(no_authenticated, of=ARTICLES),
    "PERM-8": edits(with_empty, of=both(ARTICLE, method("PATCH"))),
    "PERM-9": asks_json(texts, of=method("PATCH")),
    "PERM-10": asks_json(without_permissions, of=both(path("/notes/"), method("PATCH"))),
    "PERM-11": only_what_was_sent,
    "PERM-12": asks_json(keep_read, of=method("PUT")),
    "PERM-13": asks_json(both_at_once, of=method("PATCH")),
    "PERM-14": remembered,
    "PERM-15": edits(with_null, of=both(ARTICLE, method("PATCH", "PUT"))),
    "PERM-16": alters(counted_all, of=both(ARTICLES, method("HEAD"))),
    "PERM-17": empty_list,
    "PERM-18": edits_data(all_of_them, of=both(ARTICLES, method("DELETE"))),
    "PERM-19": own_etag,
    "PERM-20": edits_data(told_all, of=both(ARTICLE, method("PUT"))),
    "PERM-21": edits(told_other, of=both(status(409), method("PUT"))),
    "PERM-23": first_come,
}  # fmt: skip
