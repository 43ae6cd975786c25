"""What breaks the clauses of the strict profile."""

from tests.conformance.breaking import (
    LIST,
    READ,
    RECORD,
    WRITE,
    answers,
    asks,
    both,
    having,
    ignores,
    method,
    path,
    status,
)


def strengthen(request):
    if "If-Match" in request.headers:
        request.headers["If-Match"] = request.headers["If-Match"].replace("W/", "")


def first_tag(request):
    for name in ("If-Match", "If-None-Match"):
        if name in request.headers:
            request.headers[name] = request.headers[name].partition(",")[0]


def starred(name):
    return lambda request, response=None: request.headers.get(name) == "*"


def tagged(name):
    return lambda request, response=None: request.headers.get(name, "*") != "*"


def one_form(request):
    """Read dates with a comma only."""
    if "," not in request.headers.get("If-Unmodified-Since", ","):
        del request.headers["If-Unmodified-Since"]


def date_first(request):
    """Look at a date alone."""
    if "If-Unmodified-Since" in request.headers:
        request.headers.pop("If-Match", None)


MUTANTS = {
    "STRICT-1": ignores("If-Match", of=both(method("DELETE"), tagged("If-Match"))),
    "STRICT-2": asks(strengthen),
    "STRICT-3": answers(400, both(status(412), lambda request, response: request.headers.get("If-Match") == '"abc"')),
    "STRICT-4": asks(first_tag),
    "STRICT-5": ignores("If-Match", of=both(method("PUT"), starred("If-Match"))),
    "STRICT-6": ignores("If-Match", of=both(method("PUT"), tagged("If-Match"))),
    "STRICT-7": ignores("If-Match", of=both(LIST, having("If-None-Match"))),
    "STRICT-8": ignores("If-None-Match", of=both(LIST, starred("If-None-Match"))),
    "STRICT-9": ignores("If-None-Match", of=both(method("HEAD"), RECORD)),
    "STRICT-10": ignores("If-None-Match", of=both(WRITE, LIST)),
    "STRICT-11": ignores("If-Unmodified-Since", of=both(WRITE, LIST)),
    "STRICT-12": asks(one_form),
    "STRICT-13": asks(date_first, of=READ),
    "STRICT-14": answers(304, both(having("If-Modified-Since"), having("If-None-Match"), status(200))),
    "STRICT-16": ignores("If-None-Match", of=both(method("POST"), starred("If-None-Match"))),
    "STRICT-17": answers(412, both(status(404), method("DELETE"), having("If-Match"))),
    "STRICT-18": answers(412, both(status(201), having("If-Unmodified-Since"))),
    "STRICT-15": answers(412, both(status(428), path("/notes/"))),
}  # fmt: skip
