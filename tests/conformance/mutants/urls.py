"""What breaks the clauses of URLs."""

from urllib.parse import unquote

from tests.conformance.breaking import (
    LIST,
    answers,
    asks,
    both,
    drops,
    edits,
    forward,
    method,
    path,
    puts,
    status,
)

REDIRECTION = status(307)


def served_anywhere(request):
    """Serve the heartbeat without a version, too."""
    if request.path_info == "/__lbheartbeat__":
        request.path_info = "/v1/__lbheartbeat__"


def to_hello(location):
    return location.partition("/v1/")[0] + "/v1/"


def newest(request):
    """Take every version for the one that there is."""
    head, _, rest = request.path_info[1:].partition("/")
    if head[:1] == "v" and head[1:].isdigit():
        request.path_info = f"/v1/{rest}"


def one_slash(location):
    head, query, rest = location.partition("?")
    return head + ("/" if "nothing" in head else "") + query + rest


def without_query(location):
    return location.partition("?")[0]


def last_query(location):
    """Take what follows the last question mark."""
    head, _, query = location.partition("?")
    return f"{head}?{query.rpartition('?')[2]}" if query else head


def decoded(location):
    return (
        unquote(location)
        .encode("latin-1", "ignore")
        .decode("latin-1")
        .replace("\r\n", "")
    )


def relative(request, app):
    """Redirect to the path as it was sent, which may be the name of a host."""
    response = forward(request, app)
    if response.status_int == 307 and request.path_info.startswith("//"):
        response.headers["Location"] = f"http:{request.path_info}"
    return response


def with_port(body):
    if "url" in body:
        body["url"] = body["url"].replace("name.example/", "name.example:80/")


MUTANTS = {
    "URL-1": asks(served_anywhere),
    "URL-2": puts("Location", to_hello, of=REDIRECTION),
    "URL-3": asks(newest),
    "URL-4": answers(405, both(status(404), method("POST"))),
    "URL-5": puts("Location", one_slash, of=REDIRECTION),
    "URL-6": puts("Location", lambda location: location.rstrip("/"), of=REDIRECTION),
    "URL-7": answers(307, of=both(path("/v1/$"), method("HEAD"))),
    "URL-8": answers(302, of=both(REDIRECTION, method("GET"))),
    "URL-9": puts("Location", last_query, of=REDIRECTION),
    "URL-10": puts("Location", decoded, of=REDIRECTION),
    "URL-11": relative,
    "URL-12": edits(with_port),
    "URL-13": drops("Total-Records", of=method("HEAD")),
    "URL-14": answers(404, of=both(status(405), path("/batch$"))),
    "URL-15": puts("Allow", lambda old: old.replace("DELETE, ", ""), of=both(status(405), LIST)),
}  # fmt: skip
