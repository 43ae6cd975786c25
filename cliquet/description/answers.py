"""Answers in the description: headers, bodies, and errors with their numbers."""

from typing import Any

from cliquet.errors import ERRORS
from cliquet.framework.media_types import JSON, PROBLEM
from cliquet.nodes.json_schema import JsonSchema

Answer = dict[str, Any]

_TEXT: JsonSchema = {"type": "string"}
_NUMBER: JsonSchema = {"type": "integer", "minimum": 0}

HEADERS: dict[str, tuple[str, JsonSchema]] = {
    "ETag": ("Timestamp of the record or collection, quoted.", _TEXT),
    "Last-Modified": ("The same, as a date.", _TEXT),
    "Cache-Control": ("What caches may do.", _TEXT),
    "Expires": ("Until when they need not ask again, if readers may keep it.", _TEXT),
    "Vary": ("Headers of requests that the answer depends on.", _TEXT),
    "Backoff": (
        "Seconds to wait before the next request: the service is busy.",
        _NUMBER,
    ),
    "Alert": (
        "JSON: the service will end, or has ended, and where to read why.",
        _TEXT,
    ),
    "Sunset": ("When the service ends.", _TEXT),
    "X-Request-Id": ("What the logs call the request.", _TEXT),
    "Server-Timing": ("What took how long, if operators want it told.", _TEXT),
    "Timing-Allow-Origin": ("Whose pages may read that.", _TEXT),
    "Content-Security-Policy": ("What the page may load.", _TEXT),
    "Referrer-Policy": ("What it tells where its links lead to.", _TEXT),
    "X-Content-Type-Options": ("The media type is the one that is told.", _TEXT),
    "Location": ("URL of the record.", _TEXT),
    "Next-Page": ("URL of the next page, if there is one.", _TEXT),
    "Link": ("The next page, pages on the service, why it ends.", _TEXT),
    "Horizon": ("Deletions up to here are forgotten: read the whole list.", _TEXT),
    "Total-Records": ("Number of records, all pages together.", _NUMBER),
    "Retry-After": ("Seconds to wait before the next attempt.", _NUMBER),
    "WWW-Authenticate": ("How to authenticate.", _TEXT),
    "Accept": ("Media types that would do.", _TEXT),
    "Accept-Encoding": ("Encodings that would do.", _TEXT),
    "Accept-Patch": ("Media types that PATCH takes.", _TEXT),
    "Idempotency-Replayed": ("true: the request was done before.", _TEXT),
    "Preference-Applied": ("What of Prefer was followed.", _TEXT),
}
VALIDATORS = ("ETag", "Last-Modified")
FRESHNESS = ("Cache-Control", "Expires")
#: Whatever is answered may have them: what operators set is read at each request.
_ANYWHERE = (
    "Cache-Control", "Vary", "Backoff", "Alert", "Sunset", "Link", "X-Request-Id",
    "X-Content-Type-Options", "Server-Timing", "Timing-Allow-Origin",
)  # fmt: skip

#: By status: what it means, errors, headers.
_ERRORS: dict[int, tuple[str, tuple[ERRORS, ...], tuple[str, ...]]] = {
    400: (
        "Something in the request is not acceptable.",
        (
            ERRORS.INVALID_PARAMETERS,
            ERRORS.BADJSON,
            ERRORS.MISSING_PARAMETERS,
            ERRORS.INVALID_POSTED_DATA,
        ),
        (),
    ),
    401: (
        "The request has no credentials that count.",
        (ERRORS.MISSING_AUTH_TOKEN, ERRORS.INVALID_AUTH_TOKEN),
        ("WWW-Authenticate",),
    ),
    403: ("The user may not do that.", (ERRORS.FORBIDDEN,), ()),
    404: (
        "There is nothing at this URL.",
        (ERRORS.MISSING_RESOURCE, ERRORS.INVALID_RESOURCE_ID),
        (),
    ),
    406: (
        "Accept does not allow what is answered.",
        (ERRORS.INVALID_PARAMETERS,),
        (),
    ),
    409: (
        "A unique value belongs to another record, or the request is still running.",
        (ERRORS.CONSTRAINT_VIOLATED, ERRORS.STILL_RUNNING),
        ("Retry-After",),
    ),
    410: (
        "The service has ended, or has forgotten deletions since then.",
        (ERRORS.SERVICE_DEPRECATED, ERRORS.HISTORY_FORGOTTEN),
        ("Horizon",),
    ),
    411: (
        "The length of the body is missing.",
        (ERRORS.MISSING_CONTENT_LENGTH,),
        (),
    ),
    412: ("A precondition failed.", (ERRORS.MODIFIED_MEANWHILE,), VALIDATORS),
    413: ("The body is too large.", (ERRORS.REQUEST_TOO_LARGE,), ()),
    415: (
        "The media type of the body is not supported.",
        (ERRORS.INVALID_PARAMETERS,),
        ("Accept", "Accept-Patch", "Accept-Encoding"),
    ),
    422: (
        "The Idempotency-Key was sent with another request.",
        (ERRORS.KEY_REUSED,),
        (),
    ),
    428: ("A precondition is required.", (ERRORS.PRECONDITION_REQUIRED,), ()),
    503: ("A backend is not available.", (ERRORS.BACKEND,), ("Retry-After",)),
}

ERROR: JsonSchema = {
    "type": "object",
    "description": "An error; its errno is stable.",
    "properties": {
        "code": {"type": "integer", "description": "The status."},
        "errno": {
            "type": "integer",
            "enum": [error.value for error in ERRORS],
            "description": "; ".join(
                f"{error.value}: {error.name.lower().replace('_', ' ')}"
                for error in ERRORS
            ),
        },
        "error": {"type": "string", "description": "Title."},
        "message": {"type": "string", "description": "What is wrong, for people."},
        "info": {"type": "string", "description": "URL of a page that says more."},
        "details": {"description": "What is wrong, for programs."},
    },
    "required": ["code", "errno", "error"],
}
PROBLEM_DETAILS: JsonSchema = {
    "allOf": [{"$ref": "#/components/schemas/Error"}],
    "type": "object",
    "description": "An error, as RFC 9457 has it.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
    },
    "required": ["type", "title", "status"],
}


def header_components() -> dict[str, Any]:
    """Return the headers of answers, by names."""
    return {
        name: {"description": description, "schema": schema}
        for name, (description, schema) in HEADERS.items()
    }


def header_references(*names: str) -> dict[str, Any]:
    """Return references to headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def answer(
    description: str,
    schema: JsonSchema | None = None,
    *headers: str,
    media_type: str = JSON,
) -> dict[str, Any]:
    """Return an answer that is no error; without schema it has no body."""
    found: Answer = {
        "description": description,
        "headers": header_references(*_ANYWHERE, *headers),
    }
    if schema is not None:
        found["content"] = {media_type: {"schema": schema}}
    return found


def error_components() -> dict[str, Answer]:
    """Return the errors of the protocol, by the names of `error_reference`."""
    return {_name(status): _describe_error(status) for status in _ERRORS}


def error_references(*statuses: int) -> dict[str, Any]:
    """Return references to errors, by status."""
    return {
        str(status): {"$ref": f"#/components/responses/{_name(status)}"}
        for status in sorted(statuses)
    }


def _name(status: int) -> str:
    return f"Error{status}"


def _describe_error(status: int) -> Answer:
    meaning, errors, headers = _ERRORS[status]
    numbers = [error.value for error in errors]
    told = {"code": {"const": status}, "errno": {"enum": numbers}}
    forms = {JSON: "Error", PROBLEM: "Problem"}
    body = {"code": status, "errno": numbers[0], "error": "Title", "message": meaning}
    problem = {"type": "about:blank", "title": "Title", "status": status, **body}
    found = answer(meaning, None, *headers)
    found["content"] = {
        media_type: {
            "schema": {
                "allOf": [{"$ref": f"#/components/schemas/{name}"}],
                "properties": told,
            },
            "example": body if name == "Error" else problem,
        }
        for media_type, name in forms.items()
    }
    return found
