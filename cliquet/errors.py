"""What does an error look like? (protocol §4)"""

from enum import Enum
from typing import Any, NoReturn

from pyramid import httpexceptions

from cliquet import serialization
from cliquet.logs import logger
from cliquet.protocol.cors import reapply_cors


class ERRORS(Enum):
    """Stable numbers of the errors (protocol §4.2)."""

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
    FORBIDDEN = 121
    CONSTRAINT_VIOLATED = 122
    BACKEND = 201
    SERVICE_DEPRECATED = 202
    UNDEFINED = 999


class ValidationErrors(list[dict[str, Any]]):
    """What is wrong with a request, in the order it was found.

    Unlike Cornice's list it takes any location: `headers` is one of ours.
    """

    def __init__(self, request: Any = None, status: int = 400) -> None:
        super().__init__()
        self.request = request
        self.status = status

    def add(
        self,
        location: str,
        name: str | None = None,
        description: Any = None,
        **kwargs: Any,
    ) -> None:
        """Add one error."""
        entry = {"location": location, "name": name, "description": description}
        self.append({**entry, **kwargs})


def http_error(
    httpexception: Any,
    errno: ERRORS | int | None = None,
    code: int | None = None,
    error: str | None = None,
    message: str | None = None,
    info: str | None = None,
    details: Any = None,
) -> Any:
    """Give an HTTP exception the protocol's JSON body.

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
    """Answer validation errors: all in `details`, the first by name in `message`.

    Args:
        errors: A list of errors with `status` and `request`, or a request.
    """
    request = errors if hasattr(errors, "errors") else errors.request
    errors = request.errors if errors is request else errors
    if not errors:
        raise AssertionError("There is no error to answer")
    details = [
        {**entry, "description": _text(entry["description"])} for entry in errors
    ]
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
    return reapply_cors(request, response)


def _text(description: Any) -> Any:
    if isinstance(description, bytes):
        return description.decode("utf-8", "replace")
    return description


def raise_invalid(
    request: Any,
    location: str = "body",
    name: str | None = None,
    description: str | None = None,
    **kwargs: Any,
) -> NoReturn:
    """Refuse a request.

    Raises:
        HTTPBadRequest: always, with this error and those found before.
    """
    request.errors.add(location, name, description, **kwargs)
    raise json_error_handler(request)


def send_alert(
    request: Any,
    message: str | None = None,
    url: str | None = None,
    code: str = "soft-eol",
) -> None:
    """Put an alert on the response; its URL is by default the documentation's."""
    if url is None:
        url = request.registry.settings["project_docs"]
    alert = {"code": code, "message": message, "url": url}
    request.response.headers["Alert"] = serialization.dumps(alert)
