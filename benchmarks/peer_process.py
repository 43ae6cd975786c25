"""How is an application of another environment measured? In a process of its own.

It reads turns of requests from its standard input, as lines of JSON, and answers what
each took: the clocks surround the call of the application, not the talk with the
parent (benchmarks/peers.py). It imports what its environment has, and the standard
library.
"""

import asyncio
import gc
import importlib
import json
import logging
import sys
import warnings
from importlib.metadata import version

from benchmarks.application import Clock, Request, call, environment, timed


def scope_of(environ):
    """Return the ASGI scope, and the body, of what a WSGI server would give."""
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-").lower().encode(), value.encode())
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": environ["REQUEST_METHOD"],
        "scheme": "http",
        "path": environ["PATH_INFO"],
        "raw_path": environ["PATH_INFO"].encode(),
        "query_string": environ["QUERY_STRING"].encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("localhost", 80),
    }
    return scope, environ["wsgi.input"].read()


async def call_asgi(asgi, scope, body):
    sent = []
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive():
        return next(messages, {"type": "http.disconnect"})

    async def send(message):
        sent.append(message)

    await asgi(scope, receive, send)
    start, *chunks = sent
    return start["status"], start["headers"], b"".join(each["body"] for each in chunks)


class Loop:
    """Calls ASGI applications, on the loop that uvicorn would choose."""

    def __init__(self, asgi):
        import uvloop  # noqa: PLC0415 -- only ASGI peers have it

        self.asgi, self.loop = asgi, uvloop.new_event_loop()
        asyncio.set_event_loop(self.loop)

    def perform(self, environs):
        return self.loop.run_until_complete(self._timed(map(scope_of, environs)))

    async def _timed(self, prepared):
        prepared = list(prepared)
        with Clock() as clock:
            found = [await call_asgi(self.asgi, *each) for each in prepared]
        # Names are in lower case, and are looked up as the other applications have them.
        return clock.measure(
            (
                status,
                [(key.decode().title(), value.decode()) for key, value in headers],
                text,
            )
            for status, headers, text in found
        )


def performing(kind, application):
    """Return a function that performs the requests that have some environments."""
    if kind == "asgi":
        return Loop(application).perform
    return lambda environs: timed(lambda each: call(application, each), environs)


def main(module, kind, *packages):
    """Serve turns until the parent has enough."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    # What the application may print is not for the parent.
    channel, sys.stdout = sys.stdout, sys.stderr
    application = importlib.import_module(f"benchmarks.apps.{module}").application
    perform = performing(kind, application)
    gc.collect()
    gc.freeze()
    answer = {name: version(name) for name in packages}
    while True:
        print(json.dumps(answer), file=channel, flush=True)
        line = sys.stdin.readline()
        if not line:
            break
        turn = json.loads(line)
        answer = [
            perform([environment(Request(*each), turn["user"]) for each in requests])
            for requests in turn["requests"]
        ]


if __name__ == "__main__":
    main(*sys.argv[1:])
