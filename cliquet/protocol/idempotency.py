"""Requests that are sent again with the key of the first one: `Idempotency-Key`.

The answer to the first one is kept in the storage's transaction, so with what it did or
not at all, and is told again (docs: specification/idempotency). Nothing is done for
requests without the header.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

from pyramid import httpexceptions
from pyramid.config import Configurator
from pyramid.interfaces import IRoutesMapper
from pyramid.response import Response as PyramidResponse
from pyramid.settings import asbool
from pyramid.tweens import EXCVIEW

from cliquet import serialization
from cliquet.bounds import MAX_KEY
from cliquet.errors import ERRORS, http_error, json_error_handler
from cliquet.framework.completion import add_response_step
from cliquet.framework.cors import expose_header
from cliquet.protocol import DOCUMENTATION
from cliquet.settings import get_setting
from cliquet.storage.answers import Answer
from cliquet.storage.base import StorageBase
from cliquet.storage.exceptions import ClaimedError
from cliquet.timestamps import msec_time
from cliquet.types import Registry, Request, Response

KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

_ENVIRON_KEY = "HTTP_IDEMPOTENCY_KEY"
METHODS = ("POST", "PATCH")
"""Those that cannot be repeated without a key."""

_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_ESCAPED = re.compile(r'\\(["\\])')
_SECONDS_TO_WAIT = "1"
#: What is of one answer only, or is worked out anew for whoever reads it.
_NOT_KEPT = ("content-length", "backoff", "retry-after", "date", "x-request-id")
_OF_CORS = "access-control-"


def setup_idempotency(config: Configurator) -> None:
    """Run repeated requests once, where the storage keeps answers."""
    if not keeps_answers(config.registry):
        return
    # Under the views of exceptions: they tell of a storage that fails.
    config.add_tween(
        "cliquet.protocol.idempotency.idempotency_tween_factory", under=EXCVIEW
    )
    add_response_step(config.registry, _expose_repetition)
    if asbool(get_setting(config.get_settings(), "announce_capabilities")):
        config.add_api_capability(
            "idempotency",
            description="POST, PATCH and batches that are sent again with the same "
            "Idempotency-Key are done once.",
            url=f"{DOCUMENTATION}specification/idempotency.html",
        )


def _expose_repetition(request: Request, response: Response) -> None:
    """Let scripts read that an answer is repeated; others expose what they ever did."""
    if REPLAYED in response.headers:
        expose_header(response, REPLAYED)


def keeps_answers(registry: Any) -> bool:
    """Return whether keys count: the storage keeps answers."""
    return bool(getattr(getattr(registry, "storage", None), "keeps_answers", False))


def idempotency_tween_factory(
    handler: Callable[[Request], Response], registry: Registry
) -> Callable[[Request], Response]:
    """Return the tween that looks for keys, and answers what was answered before."""

    def tween(request: Request) -> Response:
        attempt = begin_attempt(request)
        if attempt is None:
            return handler(request)
        if not isinstance(attempt, Attempt):
            return attempt
        response = handler(request)
        attempt.keep(response)
        return response

    return tween


class Attempt(NamedTuple):
    """A request that has a key and was not answered yet.

    Attributes:
        storage: Where the answer will be kept.
        key: Under which.
        fingerprint: Of the request.
        seconds: For how long.
    """

    storage: StorageBase
    key: str
    fingerprint: str
    seconds: int

    def keep(self, response: Response) -> None:
        """Keep the answer with what the request did, unless it was refused."""
        if not 200 <= response.status_code < 400:
            return
        expires = msec_time() + self.seconds * 1000
        answer = Answer(self.fingerprint, write_answer(response), expires)
        self.storage.keep_answer(self.key, answer)


def begin_attempt(request: Request) -> Attempt | Response | None:
    """Return what is to be done about the key of a request.

    Returns:
        None if it has none that counts: it is run as any other. An attempt if it is to
        be run, and its answer to be kept. Else the response: the one that was kept, or
        a refusal.
    """
    sent = request.environ.get(_ENVIRON_KEY)
    if sent is None or not _takes_keys(request):
        return None
    user = _user_of(request)
    if user is None:
        return None
    key = read_key(sent)
    if key is None:
        return _unreadable(request)
    storage: Any = request.registry.storage
    place = _digest(user, request.method, _path_of(request), key)
    fingerprint = _fingerprint(request)
    try:
        known = storage.claim_answer(place)
    except ClaimedError:
        return _still_running()
    if known is None:
        seconds = get_setting(request.registry.settings, "idempotency_ttl_seconds")
        return Attempt(storage, place, fingerprint, int(seconds))
    return _reused() if known.fingerprint != fingerprint else read_answer(known.content)


def _takes_keys(request: Any) -> bool:
    """Return whether a key of a request counts: it reaches a service that writes."""
    if request.method not in METHODS or not keeps_answers(request.registry):
        return False
    if not request.environ.get("tm.active"):
        # There is no transaction to keep an answer with.
        return False
    if request.matched_route is None:
        # The router does the same, later.
        found = request.registry.getUtility(IRoutesMapper)(request)
        if found["route"] is None:
            return False
        request.matched_route, request.matchdict = found["route"], found["match"]
    service = request.current_service
    return service is not None and request.method in service.defined_methods


def _user_of(request: Any) -> str | None:
    """Return the user whose key it is; nobody's are told apart from anybody's."""
    user: str | None = request.authenticated_userid
    return user and (request.prefixed_userid or user)


def _unreadable(request: Any) -> Response:
    wanted = f"{KEY} should be 1 to {MAX_KEY} printable characters"
    request.errors.add("header", KEY, wanted)
    refused: Response = json_error_handler(request)
    return refused


def _still_running() -> Response:
    refused: Response = http_error(
        httpexceptions.HTTPConflict(),
        errno=ERRORS.STILL_RUNNING,
        message=f"The request with this {KEY} is still running.",
    )
    refused.headers["Retry-After"] = _SECONDS_TO_WAIT
    return refused


def _reused() -> Response:
    refused: Response = http_error(
        httpexceptions.HTTPUnprocessableEntity(),
        errno=ERRORS.KEY_REUSED,
        message=f"This {KEY} was sent with another request.",
    )
    return refused


# --- Keys ------------------------------------------------------------------------


def read_key(text: str) -> str | None:
    """Return the key that a header holds, between quotes or not; None if it is none.

    Quoted it is a string of RFC 9651, without parameters.
    """
    key = text.strip(" \t")
    if key.startswith('"'):
        quoted = _QUOTED.fullmatch(key)
        if quoted is None:
            return None
        key = _ESCAPED.sub(r"\1", quoted[1])
    is_text = key.isascii() and key.isprintable() and not key.isspace()
    return key if is_text and 1 <= len(key) <= MAX_KEY else None


def _path_of(request: Request) -> str:
    environ = request.environ
    return f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"


def _digest(*parts: str | bytes) -> str:
    """Return a short text for several parts, which is another one for any others."""
    found = sha256()
    for part in parts:
        each = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        found.update(b"%d:" % len(each))
        found.update(each)
    return found.hexdigest()


def _fingerprint(request: Any) -> str:
    query = request.environ.get("QUERY_STRING", "")
    return _digest(request.method, _path_of(request), query, request.body)


# --- Answers ---------------------------------------------------------------------


def write_answer(response: Response) -> str:
    """Return a response as text, without what belongs to one answer only."""
    headers = [
        [name, value]
        for name, value in response.headerlist
        if name.lower() not in _NOT_KEPT and not name.lower().startswith(_OF_CORS)
    ]
    kept: dict[str, Any] = {"status": response.status, "headers": headers}
    try:
        kept["body"] = response.body.decode("utf-8")
    except UnicodeDecodeError:
        kept["encoded"] = b64encode(response.body).decode("ascii")
    return serialization.dumps(kept)


def read_answer(content: str) -> Response:
    """Return the response that a text was made of, marked as told again."""
    kept = serialization.loads_stored(content)
    body = kept["body"].encode("utf-8") if "body" in kept else None
    response = PyramidResponse(
        body=b64decode(kept["encoded"]) if body is None else body,
        status=kept["status"],
        headerlist=[(name, value) for name, value in kept["headers"]],
    )
    response.headers[REPLAYED] = "true"
    found: Response = response
    return found
