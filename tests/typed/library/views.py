"""Views that are no resources."""

import datetime
from typing import Any

import cliquet
from cliquet.errors import ERRORS, http_error
from cliquet.permission import require
from cliquet.storage import Sort
from cliquet.storage.exceptions import RecordNotFoundError
from pyramid.httpexceptions import HTTPNotFound, HTTPServiceUnavailable

from library.schemas import LoanSchema

_KIND = "loan"

loans = cliquet.Service(
    name="loans",
    path="/shelves/{shelf_id}/books/{id}/loan",
    description="Who has a book, and until when.",
)


def is_soon(request: cliquet.Request, **view_arguments: object) -> None:
    """Refuse loans of more than a month."""
    sent = request.validated.get("data")
    latest = datetime.datetime.now(tz=datetime.UTC).date() + datetime.timedelta(days=31)
    if sent and sent["until"] > latest:
        request.errors.add("body", "data.until", "A month at most")


@loans.get(permission="private")
def get_loan(request: cliquet.Request) -> dict[str, Any]:
    """Return the last loan of a book, to those who may read it."""
    book_id = request.matchdict["id"]
    require(request, "read", "/shelves/{shelf_id}/books/{id}", **request.matchdict)
    newest_first = [Sort("last_modified", -1)]
    found, count = request.registry.storage.get_all(
        _KIND, book_id, sorting=newest_first, limit=1
    )
    if not count:
        raise http_error(HTTPNotFound(), errno=ERRORS.MISSING_RESOURCE)
    return {"data": found[0]}


@loans.put(schema=LoanSchema, validators=(is_soon,), permission="private")
def put_loan(request: cliquet.Request) -> dict[str, Any]:
    """Lend a book to the reader who asks for it."""
    storage, book_id = request.registry.storage, request.matchdict["id"]
    try:
        book = storage.get("book", request.matchdict["shelf_id"], book_id)
    except RecordNotFoundError as error:
        raise http_error(
            HTTPNotFound(), errno=ERRORS.MISSING_RESOURCE, message="No such book"
        ) from error
    until = request.validated["data"]["until"]
    loan = {
        "id": request.registry.id_generator(),
        "title": book["title"],
        "reader": request.prefixed_userid,
        "until": until.isoformat(),
    }
    request.registry.cache.set(f"loan:{book_id}", loan, ttl=60)
    return {"data": storage.create(_KIND, book_id, loan)}


@loans.delete(permission="private")
def delete_loan(request: cliquet.Request) -> dict[str, Any]:
    """Return a book."""
    book_id = request.matchdict["id"]
    gone = request.registry.storage.delete_all(_KIND, book_id)
    request.registry.cache.delete(f"loan:{book_id}")
    return {"data": gone}


opening = cliquet.Service("opening", "/opening", cors_origins=("*",))


@opening.get()
def get_opening(request: cliquet.Request) -> dict[str, str]:
    """Return the opening hours, to anybody."""
    hours = request.registry.settings.get("library.hours")
    if hours == "none":
        raise http_error(HTTPServiceUnavailable(), errno=ERRORS.BACKEND)
    return {"hours": hours or "9-17"}


class Answer:
    """What other views call: services return functions as they were."""

    def __init__(self, request: cliquet.Request) -> None:
        self.hours: str = get_opening(request)["hours"]
