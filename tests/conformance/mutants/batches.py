"""What breaks the clauses of batches."""

import json

from webob import Request

from tests.conformance.breaking import (
    asks_json,
    edits,
    forward,
    path,
)

BATCH = path("/batch$")


def entries(change):
    """Change each entry before it is run."""

    def change_all(body):
        for each in body.get("requests", ()) if isinstance(body, dict) else ():
            if isinstance(each, dict):
                change(each)

    return asks_json(change_all, of=BATCH)


def responses(change):
    """Change each response to an entry."""

    def change_all(body):
        for each in body.get("responses", ()):
            change(each)

    return edits(change_all, of=BATCH)


def rotate(body):
    found = body.get("responses", [])
    body["responses"] = found[1:] + found[:1]


def as_list(body):
    if isinstance(body.get("requests"), str):
        body["requests"] = [{"path": body["requests"]}]


def with_slash(entry):
    if isinstance(entry.get("path"), str):
        entry["path"] = "/" + entry["path"].lstrip("/")


def in_capitals(entry):
    if isinstance(entry.get("method"), str):
        entry["method"] = entry["method"].upper()


def as_texts(entry):
    if isinstance(entry.get("headers"), dict):
        entry["headers"] = {
            name: str(value) for name, value in entry["headers"].items()
        }


def shallow(body):
    """Take objects of defaults only if the entry has none."""
    defaults = body.get("defaults")
    if isinstance(defaults, dict):
        for each in body["requests"]:
            for name in ("headers", "body"):
                if name in defaults:
                    each.setdefault(name, defaults[name])
        for name in ("headers", "body"):
            defaults.pop(name, None)


def known_only(request, app):
    body = json.loads(request.body) if BATCH(request) else {}
    response = forward(request, app)
    if isinstance(body, dict) and set(body) - {"requests", "defaults"}:
        response.status_int = 400
    return response


def run_first(request, app):
    """Run the first entry of a batch that is refused."""
    response = forward(request, app)
    if BATCH(request) and response.status_int == 400:
        again = request.copy()
        body = json.loads(request.body)
        again.body = json.dumps({"requests": body["requests"][:1]}).encode()
        forward(again, app)
    return response


def anywhere(request, app):
    response = forward(request, app)
    if (
        BATCH(request)
        and response.status_int == 200
        and b"/nothing/batch" in request.body
    ):
        response.status_int = 400
    return response


def number_is_none(body):
    """Take a number of requests for none."""
    if body.get("requests") == 5:
        body["requests"] = []


def without_query(entry):
    entry["path"] = entry["path"].partition("?")[0]


def as_ascii(entry):
    entry["path"] = entry["path"].encode("ascii", "replace").decode()


def exact_names(entry):
    """Have headers of entries win only if they are written as usual."""
    found = entry.get("headers")
    if isinstance(found, dict):
        entry["headers"] = {
            name: value for name, value in found.items() if name.title() == name
        }


def of_batch(entry):
    if isinstance(entry.get("headers"), dict):
        entry["headers"].pop("Authorization", None)


def backwards(body):
    body["requests"] = body["requests"][::-1]


def by_http(each):
    for name, value in each["headers"].items():
        if name == "Next-Page":
            each["headers"][name] = value.replace(
                "http://service.example", "http://localhost"
            )


def not_followed(each):
    each["path"] = each["path"] if each["status"] != 201 else f"{each['path']}/"


def quoted(each):
    each["path"] = each["path"].replace(" ", "%20")


def null_body(each):
    each["body"] = each["body"] or None


def few_headers(each):
    each["headers"].pop("Total-Records", None)


def renumber(each):
    if isinstance(each["body"], dict) and "errno" in each["body"]:
        each["body"]["errno"] = 999


def also(request, app):
    """Move the timestamp of a list where an entry was refused."""
    response = forward(request, app)
    answered = (
        response.json["responses"]
        if BATCH(request) and response.status_int == 200
        else []
    )
    if any(each["status"] == 400 for each in answered):
        post = Request.blank("/v1/notes", method="POST")
        post.headers.update(request.headers)
        post.body = b'{"data": {"title": "ghost"}}'
        forward(post, app)
    return response


def modified(each):
    each["status"] = 200 if each["status"] == 304 else each["status"]


MUTANTS = {
    "BATCH-1": edits(rotate, of=BATCH),
    "BATCH-2": asks_json(as_list, of=BATCH),
    "BATCH-3": entries(with_slash),
    "BATCH-4": entries(in_capitals),
    "BATCH-5": entries(as_texts),
    "BATCH-6": asks_json(shallow, of=BATCH),
    "BATCH-7": known_only,
    "BATCH-8": run_first,
    "BATCH-9": run_first,
    "BATCH-10": anywhere,
    "BATCH-11": asks_json(number_is_none, of=BATCH),
    "BATCH-12": entries(without_query),
    "BATCH-13": entries(as_ascii),
    "BATCH-14": entries(exact_names),
    "BATCH-15": entries(of_batch),
    "BATCH-16": asks_json(backwards, of=BATCH),
    "BATCH-17": responses(not_followed),
    "BATCH-18": responses(by_http),
    "BATCH-19": responses(quoted),
    "BATCH-20": responses(null_body),
    "BATCH-21": responses(few_headers),
    "BATCH-22": responses(renumber),
    "BATCH-23": also,
    "BATCH-24": responses(modified),
}  # fmt: skip
