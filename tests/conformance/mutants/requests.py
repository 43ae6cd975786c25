"""What breaks the clauses of requests."""

import json
import re

from tests.conformance.breaking import (
    answers,
    asks,
    asks_json,
    both,
    drops,
    edits,
    forward,
    method,
    path,
    status,
)

NOTES = path("/notes$")


def bumps(request, app):
    """Write something where a PATCH is refused."""
    response = forward(request, app)
    if (
        response.status_int == 400
        and request.method == "PATCH"
        and path("/notes/")(request)
    ):
        again = request.copy()
        again.method = "PATCH"
        again.query_string = ""
        again.body = b'{"data": {"rank": 77}}'
        forward(again, app)
    return response


def without_nul(request):
    raw = request.environ["PATH_INFO"]
    request.environ["PATH_INFO"] = raw.replace("\x00", "").replace("\xff", "")
    request.query_string = (
        request.query_string.replace("%00", "")
        .replace("%FF", "")
        .replace("%C3%28", "rank")
    )


def cut_is_whole(request, app):
    """Take what came of a body for all of it."""
    if request.method == "PUT" and request.content_length:
        request.environ["wsgi.input"].seek(0)
        request.body = request.environ["wsgi.input"].read() or b"{}"
    return forward(request, app)


def anyhow(request, app):
    """Refuse the method after who asks."""
    response = forward(request, app)
    if response.status_int == 405 and "Authorization" not in request.headers:
        response.status_int = 401
    return response


def undecoded(request):
    request.headers.pop("Content-Encoding", None)


def repaired(request):
    """Read numbers that are none as null."""
    request.body = re.sub(rb": -?(NaN|Infinity)", b": null", request.body)


def drop_untyped(request, app):
    if request.method == "PUT" and not request.content_type:
        request.body = b'{"data": {}}'
        request.content_type = "application/json"
    return forward(request, app)


def drop_member(body):
    body.pop("datta", None)


def without_query(request):
    request.query_string = ""


def picky(request, app):
    """Match parameters of what is accepted, too."""
    response = forward(request, app)
    if "version=1" in request.headers.get("Accept", ""):
        response.status_int = 406
    return response


def by_letter(request, app):
    response = forward(request, app)
    if request.headers.get("Content-Type", "").startswith("Application/JSON"):
        response.status_int = 415
    return response


def unnamed(body):
    for each in body.get("details", ()):
        each["name"] = each["name"] or "body"


def any_json(request):
    """Read what is no object as an empty one."""
    try:
        found = json.loads(request.body)
    except ValueError:
        return
    if found is None or isinstance(found, list):
        request.body = b'{"data": {"title": "none"}}'


def hostless(request, app):
    """Serve whoever names no host."""
    request.environ.setdefault("HTTP_HOST", "localhost")
    return forward(request, app)


def strict_reads(request, app):
    """Read the body of a GET."""
    response = forward(request, app)
    if (
        request.method == "GET"
        and request.environ["wsgi.input"].getvalue() == b'{"odd": 1}'
    ):
        response.status_int = 400
    return response


MUTANTS = {
    "REQ-1": answers(500, both(status(400), lambda request, response: "gt_last_modified=abc" in request.query_string)),
    "REQ-2": bumps,
    "REQ-3": asks(without_nul),
    "REQ-4": anyhow,
    "REQ-5": cut_is_whole,
    "REQ-6": answers(400, status(413)),
    "REQ-7": asks(undecoded),
    "REQ-8": edits(unnamed, of=both(status(400), method("PATCH"))),
    "REQ-9": asks(any_json, of=NOTES),
    "REQ-10": asks(repaired, of=method("POST")),
    "REQ-11": drop_untyped,
    "REQ-12": asks(lambda request: request.headers.pop("Content-Range", None)),
    "REQ-13": answers(200, both(status(406), method("DELETE"))),
    "REQ-14": picky,
    "REQ-15": answers(400, both(status(415), method("PATCH"))),
    "REQ-16": by_letter,
    "REQ-17": asks_json(drop_member, of=method("PATCH")),
    "REQ-18": asks(without_query, of=method("PATCH")),
    "REQ-20": hostless,
    "REQ-21": strict_reads,
    "REQ-22": drops("Accept-Patch", of=status(415)),
    "REQ-23": drops("Accept-Patch", of=method("OPTIONS")),
    "REQ-19": answers(503, both(status(400), NOTES)),
}  # fmt: skip
