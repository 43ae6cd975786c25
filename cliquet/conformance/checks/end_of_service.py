"""Servers that are read only, that will end, that have ended."""

import json

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe
from cliquet.conformance.server import ENDED, ENDING, READONLY


def _alert(response: httpx.Response, code: str) -> None:
    """Expect an ``Alert`` of a code."""
    text = expect.header(response, "Alert")
    try:
        found = json.loads(text)
    except ValueError:
        expect.fail(f"Alert is no JSON: {text}")
    expect.equal(found.get("code"), code, "code of the Alert")


@clause("RO-1", "mandatory", needs=(READONLY,))
def what_is_read_only_has_no_other_methods(probe: Probe) -> None:
    """Respond 405 to all methods that write, and say so in the hello view."""
    hello = expect.body(probe.nobody.get("/"), 200)
    expect.equal(hello["settings"].get("readonly"), True, "settings.readonly")
    for path in (probe.private, probe.shared):
        expect.status(probe.alice.get(path), 200, 403)
        expect.error(probe.alice.post(path, {"title": "one"}), 405, 115)
        expect.error(probe.alice.delete(path), 405, 115)
        record = probe.unused(path)
        expect.error(probe.alice.put(record, {"title": "one"}), 405, 115)
        expect.error(probe.alice.patch(record, {"rank": 2}), 405, 115)
        expect.error(probe.alice.delete(record), 405, 115)


@clause("RO-2", "mandatory", needs=(READONLY,))
def batches_go_on_where_nothing_is_written(probe: Probe) -> None:
    """Serve batches on a read-only server, with 405 for entries that write."""
    sent = {
        "requests": [
            {"path": probe.private},
            {"path": probe.private, "method": "POST", "body": {"data": {"title": "1"}}},
            {"path": "/"},
        ]
    }
    found = expect.body(probe.alice.post("/batch", json=sent), 200)
    statuses = [each.get("status") for each in found.get("responses", ())]
    expect.equal(statuses, [200, 405, 200], "statuses of the entries")


@clause("EOS-1", "mandatory", needs=(ENDING,))
def the_end_is_announced_everywhere(probe: Probe) -> None:
    """Send an ``Alert`` of code ``soft-eol`` once the end is announced."""
    note = probe.note()
    for response in (
        probe.nobody.get("/"),
        probe.nobody.get("/nothing"),
        probe.nobody.get("/nothing/"),
        probe.nobody.get(probe.private),
        probe.alice.get(probe.private),
        probe.alice.get(note.path, headers={"If-None-Match": note.etag}),
        probe.alice.put(note.path, {"title": "2"}, headers={"If-Match": note.older}),
        probe.alice.patch(probe.private, {}),
    ):
        _alert(response, "soft-eol")


@clause("EOS-2", "mandatory", needs=(ENDED,))
def after_the_end_everything_is_410(probe: Probe) -> None:
    """Respond 410, errno 202, with an ``Alert`` of code ``hard-eol``."""
    for response in (
        probe.nobody.get("/"),
        probe.nobody.get("/nothing"),
        probe.nobody.get("/nothing", prefixed=False),
        probe.alice.get(probe.private),
        probe.alice.post(probe.private, {"title": "one"}),
        probe.alice.put(probe.unused(), {"title": "one"}),
        probe.alice.delete(probe.private),
        probe.alice.post("/batch", json={"requests": []}),
    ):
        expect.error(response, 410, 202)
        _alert(response, "hard-eol")


@clause("EOS-3", "repaired", needs=(ENDED,))
def balancers_still_see_that_the_process_lives(probe: Probe) -> None:
    """Respond to heartbeats and for the version of the build as ever after the end."""
    expect.equal(expect.body(probe.nobody.get("/__lbheartbeat__"), 200), {}, "body")
    expect.status(probe.nobody.get("/__heartbeat__"), 200, 503)
    # Where nothing is configured to be shown, there is no such URL.
    expect.status(probe.nobody.get("/__version__"), 200, 404, 410)


@clause("EOS-4", "http", needs=(ENDED,))
def pages_may_still_ask(probe: Probe) -> None:
    """Respond to preflights as ever after the end, and let pages read the 410."""
    origin = "http://page.example"
    for path in ("/", probe.private):
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        response = expect.status(probe.nobody.options(path, headers=asked), 200)
        allowed = ("*", origin).__contains__
        expect.header(response, "Access-Control-Allow-Origin", allowed)
        expect.contains(
            expect.tokens(response, "Access-Control-Allow-Methods"), "get", "methods"
        )
        response = expect.status(
            probe.nobody.get(path, headers={"Origin": origin}), 410
        )
        expect.header(response, "Access-Control-Allow-Origin", allowed)
