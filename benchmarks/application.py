"""How is an application measured? Called in this process, without any server.

What a request costs is the call alone: environments are made before, answers are
checked after. This module imports the standard library only, so that it also runs
in the environments of the peers and weighs nothing in measures of memory.
"""

import base64
import hashlib
import json
import random
import sys
import time
import uuid
from io import BytesIO
from typing import NamedTuple
from urllib.parse import unquote

#: What clients of HTTP send unless they are told otherwise: these are of `requests`.
CLIENT_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "User-Agent": "python-requests/2.32.5",
}


class Request(NamedTuple):
    """What is sent; a body is anything that JSON has."""

    method: str
    path: str
    body: object = None
    headers: dict = {}  # noqa: RUF012 -- never changed


class Answer(NamedTuple):
    status: int
    headers: dict
    text: str

    @property
    def body(self):
        return json.loads(self.text)


class Measure(NamedTuple):
    """Milliseconds of some requests sent one after the other."""

    cpu: float
    wall: float
    answers: list


def record_id(number):
    """Return the id of a record: as scattered as random ones, and known."""
    return str(uuid.UUID(hashlib.md5(str(number).encode()).hexdigest(), version=4))


def authorization(name):
    return "Basic " + base64.b64encode(f"{name}:secret".encode()).decode()


def environment(request, user):
    """Return the environment that a WSGI server would."""
    path, _, query = request.path.partition("?")
    body = b"" if request.body is None else json.dumps(request.body).encode()
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_AUTHORIZATION": authorization(user),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body:
        environ["CONTENT_TYPE"] = "application/json"
    for name, value in {**CLIENT_HEADERS, **request.headers}.items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ


def call(wsgi, environ):
    started = []

    def start_response(status, headers, exc_info=None):
        started.append((status, headers))

    chunks = wsgi(environ, start_response)
    text = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    ((status, headers),) = started
    return int(status[:3]), headers, text


class Clock:
    """Measures what is done within it."""

    def __enter__(self):
        self.cpu, self.wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *error):
        wall, cpu = time.perf_counter(), time.process_time()
        self.cpu, self.wall = cpu - self.cpu, wall - self.wall

    def measure(self, found):
        """Put together what it took and what was answered."""
        answers = [
            Answer(status, dict(headers), text.decode())
            for status, headers, text in found
        ]
        return Measure(self.cpu * 1000, self.wall * 1000, answers)


def timed(perform, prepared):
    """Call `perform` on each, and measure; answers are what it gives."""
    with Clock() as clock:
        found = [perform(each) for each in prepared]
    return clock.measure(found)


class Application:
    """An application, and the collection that requests are about.

    Args:
        name: Its name in tables.
        wsgi: What is called.
        items: Path of the collection.
        user: Who sends the requests.
        batches: Whether it takes batches; else their entries are sent one by one.
        takes: Names of the workloads it is compared in, all by default.
    """

    size = 0
    """How many records were put in its collection, by `filling`."""

    def __init__(
        self,
        name,
        wsgi,
        items="/v1/items",
        user="alice",
        batches=False,
        takes=None,
    ):
        self.name, self.wsgi, self.items, self.user = name, wsgi, items, user
        self.batches, self.takes = batches, takes

    def perform(self, requests):
        environs = [environment(request, self.user) for request in requests]
        return timed(lambda environ: call(self.wsgi, environ), environs)

    def perform_turn(self, turn):
        """Perform lists of requests, one after the other; a measure of each."""
        return [self.perform(requests) for requests in turn]

    def send(self, *request):
        """Send one request, which must succeed."""
        request = Request(*request)
        measure = self.perform([request])
        self.check([request], measure.answers)
        return measure.answers[0]

    def check(self, requests, answers):
        """Refuse figures of requests that failed, or of entries of batches."""
        for request, answer in zip(requests, answers, strict=True):
            statuses = [answer.status]
            if request.path == "/v1/batch" and answer.status == 200:
                statuses = [each["status"] for each in answer.body["responses"]]
            # 200, 201 and 204 are as good as each other: the peers have their habits.
            wanted = (304,) if "If-None-Match" in request.headers else range(200, 300)
            if any(status not in wanted for status in statuses):
                what = f"{request.method} {request.path}"
                raise RuntimeError(f"{self.name}: {what}: {answer}")

    def pick(self):
        """Return the path of a record, any one."""
        return f"{self.items}/{record_id(random.randrange(self.size))}"

    @property
    def user_id(self):
        """What the application calls the user."""
        return self.send("GET", "/v1/").body["user"]["id"]

    def close(self):
        """Nothing runs."""
