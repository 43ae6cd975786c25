"""Requests that httpx refuses to send: without `Host`, with less body than they say."""

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_WR

import httpx

from cliquet.conformance.probe import Headers, Probe, User
from cliquet.conformance.server import TIMEOUT


def send_without_host(probe: Probe) -> int | None:
    """Ask for the hello view without ``Host``; the status, None without a response."""
    if probe.server.is_inside:
        return probe.nobody.get("/", headers={"Host": None}).status_code
    return _send(probe, "GET", "/", {}, b"", host=False)


def put_less(user: User, probe: Probe, path: str, sent: bytes) -> int | None:
    """Put a part of a body, and leave; the status, None without a response."""
    headers = {
        "Content-Length": str(len(sent) + 20),
        "Content-Type": "application/json",
    }
    if probe.server.is_inside:
        return user.put(path, content=sent, headers=headers).status_code
    if user.credentials:
        headers["Authorization"] = user.credentials.header
    return _send(probe, "PUT", path, headers, sent, host=True)


def _send(
    probe: Probe, method: str, path: str, headers: Headers, body: bytes, *, host: bool
) -> int | None:
    url = httpx.URL(probe.url + path)
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.host, url.port, timeout=TIMEOUT)
    try:
        target = url.raw_path.decode("ascii")
        connection.putrequest(method, target, skip_host=not host)
        for name, value in headers.items():
            connection.putheader(name, value or "")
        connection.endheaders(body)
        if method != "GET":
            connection.sock.shutdown(SHUT_WR)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
