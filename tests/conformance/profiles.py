"""The sample service as its clauses need it, in this process; broken, if asked."""

import functools
import importlib.util
import sys
from configparser import ConfigParser
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import httpx
from webob import Request

import cliquet.conformance
from cliquet.conformance.profiles import ORIGIN, PROFILES
from cliquet.conformance.server import Credentials, find_server

SAMPLE = Path(cliquet.conformance.__file__).parent / "sample"

#: Of clauses that no feature tells, but their check.
ON = {"LIST-25": "paged"}


@functools.cache
def _module():
    # A name that nothing else has: it stays.
    name = "sample_of_conformance"
    spec = importlib.util.spec_from_file_location(name, SAMPLE / "service.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def sample_settings():
    parser = ConfigParser({"here": str(SAMPLE)})
    parser.read(SAMPLE / "service.ini")
    found = dict(parser["app:main"])
    del found["use"], found["here"]
    return found


@functools.cache
def application(profile):
    return _module().main({}, **sample_settings(), **PROFILES[profile])


class Streamed(httpx.SyncByteStream):
    """The body of a response that does not end."""

    def __init__(self, response):
        self._parts = response.app_iter

    def __iter__(self):
        return iter(self._parts)

    def close(self):
        self._parts.close()


class Transport(httpx.BaseTransport):
    """Requests of httpx to an application of this process, as a server would ask it."""

    def __init__(self, app, broken=None):
        self._app = app
        self._broken = broken

    def handle_request(self, request):
        url = request.url
        asked = Request.blank(
            url.raw_path.decode("ascii"),
            base_url=f"{url.scheme}://{url.netloc.decode()}",
        )
        asked.method = request.method
        for name, value in request.headers.items():
            if name not in ("host", "connection"):
                asked.headers[name] = value
        asked.environ.pop("HTTP_HOST")
        if "Host" in request.headers:
            asked.environ["HTTP_HOST"] = request.headers["Host"]
        asked.environ["SERVER_PROTOCOL"] = "HTTP/1.1"
        # As servers pass it: what came of it, and what was said of its length.
        asked.environ["wsgi.input"] = BytesIO(request.read())
        if self._broken is None:
            response = asked.get_response(self._app)
        else:
            response = self._broken(asked, self._app)
        is_stream = response.content_type == "text/event-stream"
        if is_stream:
            body = {"stream": Streamed(response)}
        else:
            body = {"content": b"" if request.method == "HEAD" else response.body}
        return httpx.Response(
            response.status_int,
            headers=[
                (name.encode(), value.encode("latin-1"))
                for name, value in response.headerlist
            ],
            **body,
            request=request,
        )


@functools.cache
def server_of(profile):
    """Find the server of a profile, with two users of its own."""
    return find_server(
        "http://service.example/v1/",
        transport=Transport(application(profile)),
        origin=ORIGIN,
    )


def broken_server(profile, broken, users=None):
    """Return the server of a profile with a break; its features are those of ours."""
    ours = server_of(profile)
    client = httpx.Client(
        transport=Transport(application(profile), broken), headers=ours.client.headers
    )
    users = users or (Credentials.make_up("alice"), Credentials.make_up("bob"))
    return replace(ours, client=client, alice=users[0], bob=users[1])


def profile_for(clause):
    """Return the profile on which a clause is checked."""
    if clause.id in ON:
        return ON[clause.id]
    for name in PROFILES:
        if not clause.missing(server_of(name).features):
            return name
    raise LookupError(f"no profile has what {clause.id} needs: {clause.needs}")
