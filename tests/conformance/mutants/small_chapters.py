"""What breaks the clauses of hello, heartbeats, users, freshness, links, and ends."""

import base64

from tests.conformance.breaking import (
    RECORD,
    alters,
    answers,
    asks,
    both,
    drops,
    edits,
    edits_data,
    forward,
    having,
    ignores,
    ignores_parameters,
    method,
    path,
    puts,
    status,
)

HELLO = path("/v1/$")
SNAPSHOT = path("/__snapshot__$")
HEART = path("/__heartbeat__$")


def without(*names):
    def change(body):
        for name in names:
            body.pop(name, None)

    return change


def without_tombstones(data):
    return [each for each in data if "deleted" not in each]


def with_number(body):
    body["cliquet_protocol_version"] = 2


def without_slash(body):
    body["url"] = body["url"].rstrip("/")


def as_text(body):
    if "settings" in body:
        body["settings"]["readonly"] = "false"


def always_somebody(body):
    body.setdefault("user", {"id": None})


def with_end(body):
    body["eos"] = None


def undescribed(body):
    body["capabilities"]["odd"] = {"url": ""}


def escape(response):
    response.body = response.body.replace(b"/", b"\\/")


def dead(body):
    body["cache"] = False


def busy(body):
    body["status"] = "ok"


def strange(request, app):
    """Refuse credentials that cannot be read, wherever they are sent."""
    response = forward(request, app)
    sent = request.headers.get("Authorization", "Basic ")
    if not sent.startswith("Basic "):
        response.status_int = 401
    return response


def without_prefix(body):
    if "user" in body:
        body["user"]["id"] = body["user"]["id"].partition(":")[2]


def name_alone(request, app):
    """Know users by their names, whatever the password."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    try:
        name, _, _ = (
            base64.b64decode(credentials, validate=True).decode().partition(":")
        )
    except ValueError:
        name = ""
    if scheme == "Basic" and name:
        pair = base64.b64encode(f"{name}:secret".encode()).decode()
        request.headers["Authorization"] = f"Basic {pair}"
    return forward(request, app)


def without_colon(request, app):
    """Read a name without a colon as one with an empty password."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    try:
        name = base64.b64decode(credentials, validate=True).decode()
    except ValueError:
        name = ""
    if scheme == "Basic" and name and ":" not in name:
        pair = base64.b64encode(f"{name}:".encode()).decode()
        request.headers["Authorization"] = f"Basic {pair}"
    return forward(request, app)


def by_letter(request):
    if not request.headers.get("Authorization", "Basic ").startswith("Basic "):
        request.headers["Authorization"] = "odd"


def as_error(response):
    if response.content_type == "application/problem+json":
        response.content_type = "application/json"


def problem_anyhow(request, app):
    """Answer with problems to who names them at all."""
    response = forward(request, app)
    if "problem" in request.headers.get("Accept", ""):
        response.content_type = "application/problem+json"
    return response


MUTANTS = {
    "HELLO-1": edits(without("project_docs"), of=HELLO),
    "HELLO-2": edits(with_number, of=HELLO),
    "HELLO-3": edits(without_slash, of=HELLO),
    "HELLO-4": edits(as_text, of=HELLO),
    "HELLO-5": edits(always_somebody, of=HELLO),
    "HELLO-6": edits(with_end, of=HELLO),
    "HELLO-7": edits(undescribed, of=HELLO),
    "HELLO-8": alters(escape, of=HELLO),
    "BEAT-1": edits(dead, of=HEART),
    "BEAT-2": edits(busy, of=path("/__lbheartbeat__$")),
    "BEAT-5": answers(405, path("/__version__$")),
    "AUTH-1": answers(403, both(status(401), RECORD, method("PATCH"))),
    "AUTH-2": strange,
    "AUTH-3": drops("WWW-Authenticate"),
    "AUTH-4": edits(without_prefix, of=HELLO),
    "AUTH-7": name_alone,
    "AUTH-8": without_colon,
    "AUTH-9": asks(by_letter),
    "CACHE-1": puts("Cache-Control", "no-store", of=both(RECORD, method("HEAD"))),
    "CACHE-2": drops("Expires", of=method("HEAD")),
    "CACHE-3": puts("Cache-Control", "no-cache", of=status(304)),
    "CACHE-4": puts("Cache-Control", "no-cache", of=path("/articles$")),
    "CACHE-5": drops("Expires", of=status(304)),
    "CACHE-6": drops("Cache-Control", of=status(307)),
    "CACHE-7": puts("Cache-Control", "no-cache", of=path("/__version__$")),
    "CACHE-8": puts("Cache-Control", "max-age=60", of=status(404)),
    "CACHE-9": edits(lambda body: body.get("data", [None]).pop(), of=SNAPSHOT),
    "CACHE-10": puts("Vary", "Authorization", of=SNAPSHOT),
    "CACHE-11": edits_data(without_tombstones, of=SNAPSHOT),
    "CACHE-12": ignores_parameters("title", of=lambda request: "__snapshot__" in request.path),
    "CACHE-13": drops("Retry-After", of=both(SNAPSHOT, status(503))),
    "CACHE-14": ignores("If-None-Match", of=lambda request: "__snapshot__" in request.path),
    "PREF-1": puts("Link", lambda old: (old or "").replace("_token", "token")),
    "PREF-2": drops("Sunset", of=status(404)),
    "PREF-3": asks(lambda request: request.headers.pop("Response-Behavior", None), of=having("Prefer")),
    "PREF-4": puts("Preference-Applied", "return=odd", of=both(method("PATCH"), lambda request, response: "odd" in request.headers.get("Prefer", ""))),
    "PREF-5": problem_anyhow,
    "PREF-6": edits(without("detail"), of=status(401)),
    "PREF-7": drops("Link", of=HELLO),
    "PREF-8": puts("Vary", "Authorization", of=both(RECORD, status(404))),
    "PREF-9": edits(without("openapi"), of=path("/__api__$")),
    "PREF-10": drops("Content-Security-Policy", of=path("/__docs__$")),
    "RO-1": answers(403, both(status(405), RECORD, method("PATCH"))),
    "RO-2": answers(405, path("/batch$")),
    "EOS-1": drops("Alert", of=status(304)),
    "EOS-2": puts("Alert", lambda old: old.replace("hard", "soft"), of=method("DELETE")),
    "EOS-3": answers(410, path("/__lbheartbeat__$")),
    "EOS-4": answers(410, method("OPTIONS")),
}  # fmt: skip
