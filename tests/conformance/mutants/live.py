"""What breaks the clauses of live changes."""

from tests.conformance.breaking import (
    answers,
    asks,
    ignores_parameters,
    status,
)


def is_stream(request, response=None):
    return request.headers.get("Accept") == "text/event-stream"


def adds(parameter):
    def change(request):
        joint = "&" if request.query_string else ""
        request.query_string += joint + parameter

    return asks(change, is_stream)


def begins_before(request):
    request.headers["Last-Event-ID"] = "1"


MUTANTS = {
    "LIVE-1": ignores_parameters("_since", of=lambda request: "_wait=20" in request.query_string),
    "LIVE-2": ignores_parameters("_wait"),
    "LIVE-3": answers(200, status(304)),
    "LIVE-4": adds("_since=1"),
    "LIVE-5": adds("_fields=title"),
    "LIVE-6": asks(begins_before, is_stream),
    "LIVE-7": ignores_parameters("title", of=is_stream),
}  # fmt: skip
