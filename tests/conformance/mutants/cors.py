"""What breaks the clauses of other origins."""

from tests.conformance.breaking import (
    LIST,
    RECORD,
    alters,
    answers,
    both,
    drops,
    forward,
    having,
    method,
    path,
    puts,
    status,
)

ALLOW = "Access-Control-Allow-Origin"
EXPOSE = "Access-Control-Expose-Headers"
PREFLIGHT = method("OPTIONS")
ORIGIN = having("Origin")


def without(name):
    """Take a name out of a list of names."""

    def change(old):
        names = [each.strip() for each in (old or "").split(",")]
        return ", ".join(each for each in names if each.lower() != name)

    return change


def refuse_own(request, app):
    response = forward(request, app)
    if request.headers.get("Origin") == request.host_url and request.method == "PUT":
        response.status_int = 400
    return response


def to_the_letter(response):
    if response.status_int in (404, 307):
        response.headers.pop(ALLOW, None)


def served(request, app):
    """Serve strangers, and have the browser do the rest."""
    if "stranger" in request.headers.get("Origin", ""):
        del request.headers["Origin"]
    return forward(request, app)


MUTANTS = {
    "CORS-1": answers(204, PREFLIGHT),
    "CORS-2": puts("Access-Control-Allow-Headers", without("x-odd"), of=PREFLIGHT),
    "CORS-3": puts("Access-Control-Max-Age", "0", of=both(PREFLIGHT, path("/v1/$"))),
    "CORS-4": answers(200, both(PREFLIGHT, status(400))),
    "CORS-5": answers(404, both(PREFLIGHT, path("/nothing"))),
    "CORS-6": drops(ALLOW, of=status(304)),
    "CORS-7": drops(ALLOW, of=status(307)),
    "CORS-8": puts("Access-Control-Allow-Credentials", "true", of=ORIGIN),
    "CORS-9": served,
    "CORS-10": refuse_own,
    "CORS-11": puts("Vary", without("origin"), of=status(404)),
    "CORS-12": alters(to_the_letter),
    "CORS-13": puts(EXPOSE, without("backoff"), of=method("POST")),
    "CORS-14": puts(EXPOSE, without("next-page"), of=LIST),
    "CORS-15": puts(EXPOSE, without("etag"), of=both(method("DELETE"), RECORD)),
}  # fmt: skip
