"""What breaks the clauses of errors."""

from webob import Response

from tests.conformance.breaking import (
    both,
    edits,
    forward,
    method,
    path,
    status,
)


def without_errno(body):
    body.pop("errno", None)


def with_null(body):
    body.setdefault("details", None)


def html(request, app):
    """Answer in HTML to who prefers it."""
    response = forward(request, app)
    if response.status_int >= 400 and "text/html" in request.headers.get("Accept", ""):
        return Response("<h1>Sorry</h1>", status=response.status_int)
    return response


def rename(body):
    body["error"] = "Access denied"


def renumber(body):
    body["errno"] = 106


def more(body):
    for each in body.get("details", ()):
        each["code"] = "invalid"


def plural(body):
    for each in body.get("details", ()):
        each["location"] += "s" if each["location"] == "querystring" else ""


def without_dots(body):
    for each in body.get("details", ()):
        each["name"] = (each["name"] or "").rpartition(".")[2] or None


def last(body):
    if isinstance(body.get("details"), list):
        said = body["details"][-1]
        body["message"] = f"{said['location']}: {said['description']}"


def first_only(body):
    if isinstance(body.get("details"), list):
        body["details"] = body["details"][:1]


def spell(body):
    body["message"] = body["message"].replace("Please authenticate", "Authenticate")


def foreign(body):
    for each in body.get("details", ()):
        each["description"] = "'NoneType' object is not iterable"


INVALID = status(400)

MUTANTS = {
    "ERR-1": edits(without_errno, of=status(403)),
    "ERR-2": edits(with_null, of=status(404)),
    "ERR-3": html,
    "ERR-4": edits(rename, of=status(403)),
    "ERR-5": edits(renumber, of=status(412)),
    "ERR-6": edits(more, of=INVALID),
    "ERR-7": edits(plural, of=INVALID),
    "ERR-8": edits(without_dots, of=INVALID),
    "ERR-9": edits(last, of=INVALID),
    "ERR-10": edits(first_only, of=INVALID),
    "ERR-15": edits(spell, of=status(401)),
    "ERR-11": edits(foreign, of=both(INVALID, method("POST"), path(r"/articles$"))),
}  # fmt: skip
