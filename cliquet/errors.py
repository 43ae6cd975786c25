"""Errors: their numbers, and the JSON body that all of them have."""

from enum import Enum
from itertools import islice
from typing import Any, NoReturn

from pyramid import httpexceptions

from cliquet import serialization
from cliquet.bounds import MAX_DESCRIPTION, MAX_ERRORS, MAX_NAME
from cliquet.logs import logger
from cliquet.text import shorten
from cliquet.types import Request


class ERRORS(Enum):
    """Stable numbers of the errors (docs: protocol-errors)."""

    MISSING_AUTH_TOKEN = 104
    INVALID_AUTH_TOKEN = 105
    BADJSON = 106
    INVALID_PARAMETERS = 107
    MISSING_PARAMETERS = 108
    INVALID_POSTED_DATA = 109
    INVALID_RESOURCE_ID = 110
    MISSING_RESOURCE = 111
    MISSING_CONTENT_LENGTH = 112
    REQUEST_TOO_LARGE = 113
    MODIFIED_MEANWHILE = 114
    METHOD_NOT_ALLOWED = 115
    VERSION_NOT_AVAILABLE = 116
    CLIENT_REACHED_CAPACITY = 117
    PRECONDITION_REQUIRED = 118
    KEY_REUSED = 119
    STILL_RUNNING = 120
    FORBIDDEN = 121
    CONSTRAINT_VIOLATED = 122
    HISTORY_FORGOTTEN = 123
    BACKEND = 201
    SERVICE_DEPRECATED = 202
    UNDEFINED = 999


def http_error(
    httpexception: httpexceptions.HTTPException,
    errno: ERRORS | int | None = None,
    code: int | None = None,
    error: str | None = None,
    message: str | None = None,
    info: str | None = None,
    details: Any = None,
) -> Any:
    """Set the protocol's JSON body on an HTTP exception.

    Args:
        httpexception: Its status counts.
        errno: `UNDEFINED` unless given.
        code: The status that the body says, by default that of the exception.
        error: Title, by default that of the exception.
        message: What went wrong, for people.
        info: URL of a page that says more.
        details: Anything that JSON has.

    Returns:
        The same exception, to be returned or raised.
    """
    number = errno or ERRORS.UNDEFINED
    if isinstance(number, ERRORS):
        number = number.value
    logger.bind(errno=number)
    body: dict[str, Any] = {
        "code": code or httpexception.code,
        "errno": number,
        "error": error or httpexception.title,
    }
    optional = {"message": message, "info": info, "details": details}
    body.update({key: value for key, value in optional.items() if value is not None})
    httpexception.body = serialization.dumps(body).encode("utf-8")
    httpexception.content_type = "application/json"
    httpexception.charset = "UTF-8"
    return httpexception


def json_error_handler(errors: Any) -> Any:
    """Return the response to validation errors.

    The first ones are in `details`, shortened; the first of these by name is in
    `message`.

    Args:
        errors: A list of errors with `status` and `request`, or a request.

    Raises:
        AssertionError: There is none.
    """
    request = errors if hasattr(errors, "errors") else errors.request
    errors = request.errors if errors is request else errors
    if not errors:
        raise AssertionError("There is no error to respond to")
    details = [_told(entry) for entry in islice(errors, MAX_ERRORS)]
    first = min(details, key=lambda entry: str(entry["name"]))
    name, description = first["name"], first["description"]
    if name is None:
        message = f"{first['location']}: {description}"
    elif name in str(description):
        message = description
    else:
        message = f"{name} in {first['location']}: {description}"
    response = http_error(
        httpexceptions.HTTPBadRequest(),
        errno=ERRORS.INVALID_PARAMETERS,
        code=errors.status,
        error="Invalid parameters",
        message=message,
        details=details,
    )
    response.status = errors.status
    return response


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an error as it is told: it may quote all that was sent."""
    name, description = entry["name"], entry["description"]
    if isinstance(description, bytes):
        description = description.decode("utf-8", "replace")
    if isinstance(description, str):
        description = shorten(description, MAX_DESCRIPTION)
    if isinstance(name, str):
        name = shorten(name, MAX_NAME)
    return {**entry, "name": name, "description": description}


def raise_invalid(
    request: Request,
    location: str = "body",
    name: str | None = None,
    description: str | None = None,
    **kwargs: Any,
) -> NoReturn:
    """Raise an error of a request as the response.

    Args:
        request: Collects errors.
        location: Where the fault is: `body`, `querystring`, `path` or `headers`.
        name: Of the field, parameter or header.
        description: What is wrong with it.
        **kwargs: Further members of the error.

    Raises:
        HTTPBadRequest: Always, with this error and those found before.
    """
    try:
        request.errors.add(location, name, description, **kwargs)
    except ValueError:
        # Cornice's own list, of its services and of tests, knows no `headers`.
        entry = {"location": location, "name": name, "description": description}
        request.errors.append({**entry, **kwargs})
    raise json_error_handler(request)


def send_alert(
    request: Request,
    message: str | None = None,
    url: str | None = None,
    code: str = "soft-eol",
) -> None:
    """Set the `Alert` header, which developers of clients look at.

    Args:
        request: Its response gets the header.
        message: What they should know.
        url: Of a page that says more; by default the setting `project_docs`.
        code: `soft-eol` for what will end, `hard-eol` for what has ended.
    """
    if url is None:
        url = request.registry.settings["project_docs"]
    alert = {"code": code, "message": message, "url": url}
    request.response.headers["Alert"] = serialization.dumps(alert)
