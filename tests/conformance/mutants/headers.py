"""What breaks the clauses of headers."""

from datetime import UTC, datetime
from email.utils import format_datetime

from tests.conformance.breaking import (
    RECORD,
    WRITE,
    alters,
    both,
    drops,
    method,
    path,
    puts,
    status,
)


def plain_text(response):
    response.headers["Content-Type"] = "application/json"


def next_second(response):
    if "ETag" in response.headers and "Last-Modified" in response.headers:
        stamp = int(response.headers["ETag"].strip('"')) // 1000 + 1
        when = datetime.fromtimestamp(stamp, UTC)
        response.headers["Last-Modified"] = format_datetime(when, usegmt=True)


def as_forced(response):
    """Say the time of the ETag, be it in the future."""
    if "ETag" in response.headers:
        stamp = int(response.headers["ETag"].strip('"')) // 1000
        when = datetime.fromtimestamp(stamp, UTC)
        response.headers["Last-Modified"] = format_datetime(when, usegmt=True)


def counted(response):
    response.headers["X-Request-Id"] = "1"


def with_body(response):
    response.content_type = "application/json"
    response.body = b'{"data": []}'


PUT = method("PUT")

MUTANTS = {
    "HDR-1": alters(plain_text, of=status(404)),
    "HDR-2": drops("Vary", of=status(304)),
    "HDR-4": puts("Backoff", "30", of=status(200, 201)),
    "HDR-6": puts("Alert", '{"code": "soft-eol", "message": "Old."}', of=lambda request, response: "Alert" in response.headers),
    "HDR-7": alters(counted),
    "HDR-8": drops("ETag", of=both(method("HEAD"), status(304))),
    "HDR-9": alters(next_second, of=both(PUT, status(200))),
    "HDR-10": alters(as_forced, of=both(RECORD, method("GET"))),
    "HDR-11": puts("ETag", lambda old: '"1"', of=both(method("PATCH"), status(200))),
    "HDR-12": drops("ETag", of=both(path("/notes$"), method("DELETE"), WRITE)),
    "HDR-13": puts("Location", lambda old: (old or "/").replace("http://service.example", ""), of=both(method("PUT"), status(201))),
    "HDR-14": alters(with_body, of=status(304)),
}  # fmt: skip
