"""What breaks the clauses of preconditions."""

from tests.conformance.breaking import (
    LIST,
    READ,
    RECORD,
    WRITE,
    answers,
    asks,
    both,
    drops,
    edits,
    having,
    ignores,
    method,
    puts,
    status,
)


def unwrap(request):
    """Take what is between the quotes of any value."""
    for name in ("If-Match", "If-None-Match"):
        value = request.headers.get(name, "").strip('"')
        if value:
            request.headers[name] = f'"{value if value.isdigit() else 0}"'


def first_tag(request):
    """Read the first tag of a list, and no weak one."""
    value = request.headers.get("If-None-Match", "").partition(",")[0]
    if value.startswith("W/"):
        del request.headers["If-None-Match"]
    elif value:
        request.headers["If-None-Match"] = value


def by_date(request, app):
    """Respect If-Unmodified-Since, whose dates are of 2001."""
    response = request.get_response(app)
    if "If-Unmodified-Since" in request.headers:
        response.status_int = 412
    return response


def stale(request, response):
    return response.status_int == 412


def forget(body):
    body["details"] = {}


def reveal(body):
    body["details"] = {"existing": {"title": "one"}}


def one_more(code):
    """Have those who lost a race take themselves for winners."""
    return answers(code, both(method("PUT"), status(412)))


MUTANTS = {
    "PRE-1": asks(unwrap),
    "PRE-2": ignores("If-Match", of=LIST),
    "PRE-3": answers(412, both(RECORD, having("If-Match"), status(200))),
    "PRE-4": asks(first_tag),
    "PRE-5": answers(400, both(having("If-Match"), lambda request, response: request.headers["If-Match"].startswith("W/"))),
    "PRE-6": by_date,
    "PRE-7": ignores("If-None-Match", of=method("HEAD")),
    "PRE-8": ignores("If-Match", of=both(LIST, method("HEAD"))),
    "PRE-9": ignores("If-None-Match", of=both(RECORD, READ, lambda request, response=None: request.headers.get("If-None-Match") == "*")),
    "PRE-10": answers(412, both(having("If-Match"), status(404))),
    "PRE-11": ignores("If-None-Match", of=both(READ, having("If-Match"))),
    "PRE-12": ignores("If-Match", of=both(LIST, method("POST"))),
    "PRE-13": ignores("If-None-Match", of=method("POST")),
    "PRE-14": ignores("If-None-Match", of=method("DELETE")),
    "PRE-15": answers(412, both(WRITE, having("If-None-Match"), lambda request, response: request.headers["If-None-Match"] != "*")),
    "PRE-16": ignores("If-Match", of=method("PUT")),
    "PRE-17": one_more(200),
    "PRE-18": one_more(201),
    "PRE-19": drops("ETag", of=both(method("PUT"), status(412))),
    "PRE-20": edits(forget, of=stale),
    "PRE-21": puts("ETag", '"1"', of=both(method("PUT"), status(412))),
}  # fmt: skip
