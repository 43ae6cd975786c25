"""Which requests are compared? Each by name; `prepare` runs first, unmeasured."""

import uuid
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.application import Request

#: Entries of a batch; what has no batches is sent as many requests.
BATCH = 25
KIND = 3


class Workload(NamedTuple):
    name: str
    make: Callable
    """Of an application and what `prepare` answered: the requests to measure."""

    prepare: Callable = lambda app: None
    every_time: bool = False
    """Whether to prepare before each measure, not only before the first one."""


def body():
    return {"data": {"name": uuid.uuid4().hex, "kind": KIND + 1}}


def one(method, path, content=None, headers=None):
    return [Request(method, path, content, headers or {})]


def batch(app, requests):
    """Send requests as a batch where there are batches."""
    if not app.batches:
        return requests
    entries = [
        {
            "method": request.method,
            "path": request.path.removeprefix("/v1"),
            **({} if request.body is None else {"body": request.body}),
        }
        for request in requests
    ]
    return one("POST", "/v1/batch", {"requests": entries})


def post_one(app):
    created = app.send("POST", app.items, body()).body
    return f"{app.items}/{created.get('id') or created['data']['id']}"


def with_etag(app):
    path = app.pick()
    return path, {"If-None-Match": app.send("GET", path).headers["ETag"]}


def since(app):
    """Return a timestamp that 10 records are newer than."""
    listed = app.send("GET", f"{app.items}?_limit=11").body["data"]
    return listed[10]["last_modified"]


def deep_page(app):
    """Find the URL of the page in the middle of the collection.

    It is page 5,000 of a million records. A list that begins there tells the place.
    """
    newest = app.send("GET", f"{app.items}?_limit=1").body["data"][0]["last_modified"]
    middle = newest - app.size // 2
    headers = app.send("GET", f"{app.items}?_limit=100&_before={middle}").headers
    path = headers["Next-Page"].partition("http://localhost")[2]
    return path.replace(f"_before={middle}", "")


HELLO = Workload("hello", lambda app, _: one("GET", "/v1/"))
GET = Workload("get", lambda app, _: one("GET", app.pick()))
GET_304 = Workload(
    "get 304",
    lambda app, known: one("GET", known[0], None, known[1]),
    with_etag,
    every_time=True,
)
LIST = Workload("list 100", lambda app, _: one("GET", f"{app.items}?_limit=100"))
DEEP = Workload("list 100, middle", lambda app, url: one("GET", url), deep_page)
FILTER = Workload(
    "list, filtered", lambda app, _: one("GET", f"{app.items}?kind={KIND}&_limit=100")
)
SINCE = Workload(
    "_since, 10 changes",
    lambda app, time: one("GET", f"{app.items}?_since={time}"),
    since,
)
PUT = Workload("put", lambda app, _: one("PUT", app.pick(), body()))
PATCH = Workload("patch", lambda app, _: one("PATCH", app.pick(), body()))
POST = Workload("post", lambda app, _: one("POST", app.items, body()))
DELETE = Workload(
    "delete", lambda app, path: one("DELETE", path), post_one, every_time=True
)
BATCH_POST = Workload(
    "batch of 25 post",
    lambda app, _: batch(
        app, [Request("POST", app.items, body()) for _ in range(BATCH)]
    ),
)
BATCH_GET = Workload(
    "batch of 25 get",
    lambda app, _: batch(app, [Request("GET", app.pick()) for _ in range(BATCH)]),
)

LISTS = (LIST, FILTER, SINCE)

#: Lists first: the collection has the size that is told until somebody posts.
ALL = (
    HELLO, GET, GET_304, *LISTS, PUT, PATCH, DELETE, POST, BATCH_GET, BATCH_POST,
)  # fmt: skip
GROWING = (
    GET, GET_304, LIST, DEEP, FILTER, SINCE,
    PUT, PATCH, DELETE, POST, BATCH_GET, BATCH_POST,
)  # fmt: skip
#: What all the peers have.
OF_PEERS = frozenset({"hello", "get", "list 100", "put", "patch", "post", "delete"})
