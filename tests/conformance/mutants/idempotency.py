"""What breaks the clauses of requests that are sent again."""

import json

from tests.conformance.breaking import (
    answers,
    asks,
    both,
    drops,
    having,
    ignores,
    method,
    path,
    puts,
    status,
)

KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"


def inherit(request):
    batch = json.loads(request.body)
    for entry in batch["requests"]:
        entry["headers"] = {KEY: request.headers[KEY], **entry.get("headers", {})}
    request.body = json.dumps(batch).encode()


MUTANTS = {
    "IDEM-1": ignores(KEY, of=method("PATCH")),
    "IDEM-2": drops(REPLAYED),
    "IDEM-3": answers(409, of=status(422)),
    "IDEM-4": ignores(KEY, of=method("POST")),
    "IDEM-5": puts(REPLAYED, "true", of=lambda request, response: having(KEY)(request) and b"slug" in request.body),
    "IDEM-6": puts(REPLAYED, "true", of=both(having(KEY), method("PATCH"))),
    "IDEM-7": answers(422, of=both(having(KEY), status(400))),
    "IDEM-8": asks(inherit, of=lambda request: having(KEY)(request) and path("/batch$")(request)),
}  # fmt: skip
