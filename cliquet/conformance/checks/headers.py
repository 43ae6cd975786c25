"""Headers of responses, validators among them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe

_JSON = "application/json; charset=UTF-8"


def _responses(probe: Probe) -> Iterable[httpx.Response]:
    """Yield responses of all kinds."""
    alice, note = probe.alice, probe.note()
    yield probe.nobody.get("/")
    yield probe.nobody.get("/__heartbeat__")
    yield alice.get(probe.private)
    yield alice.get(note.path)
    yield alice.get(note.path, headers={"If-None-Match": note.etag})
    yield alice.post(probe.private, {"title": "two"})
    yield alice.put(note.path, {"title": "two"})
    yield alice.patch(note.path, {"rank": 2})
    yield alice.post("/batch", json={"requests": [{"path": "/"}]})
    yield alice.get(probe.unused())
    yield alice.get("/nothing")
    yield alice.get(f"{probe.private}?odd=1")
    yield alice.put(note.path, {"title": "3"}, headers={"If-Match": note.older})
    yield alice.get(f"{probe.private}/")
    yield probe.nobody.get(probe.private)
    yield alice.patch(probe.private, {})
    yield alice.delete(note.path)
    yield alice.delete(probe.private)


def _date(stamp: int) -> str:
    """Return a timestamp as a date of HTTP."""
    return format_datetime(datetime.fromtimestamp(stamp // 1000, UTC), usegmt=True)


def _validators(response: httpx.Response, stamp: int) -> None:
    """Expect the validators of a timestamp."""
    expect.header(response, "ETag", f'"{stamp}"')
    expect.header(response, "Last-Modified", _date(stamp))


@clause("HDR-1", "mandatory")
def json_says_so(probe: Probe) -> None:
    """Call every JSON body ``application/json; charset=UTF-8``, of an error too."""
    for response in _responses(probe):
        has_body = bool(response.content) and not response.is_redirect
        if has_body:
            expect.header(response, "Content-Type", _JSON)


@clause("HDR-2", "mandatory")
def vary_names_authorization(probe: Probe) -> None:
    """Name ``Authorization`` in the ``Vary`` of responses."""
    for response in _responses(probe):
        got = expect.tokens(response, "Vary")
        if "*" not in got:
            expect.contains(sorted(got), "authorization", "Vary")


@clause("HDR-4", "mandatory")
def backoff_is_on_all_or_none(probe: Probe) -> None:
    """Send ``Backoff``, a number of seconds, with every response or with none."""
    values = {response.headers.get("Backoff") for response in _responses(probe)}
    expect.true(len(values) == 1, f"Backoff: got several values, {values}")
    (value,) = values
    if value is not None:
        expect.true(value.isdigit(), f"Backoff: wanted seconds, got {value!r}")


@clause("HDR-6", "mandatory")
def alerts_are_objects(probe: Probe) -> None:
    """Send as ``Alert`` a JSON object with ``code``, ``message`` and ``url``."""
    response = probe.alice.get(f"{probe.private}?_to=1")
    try:
        found = json.loads(expect.header(response, "Alert"))
    except ValueError:
        expect.fail(f"Alert is no JSON: {response.headers['Alert']}")
    expect.true(isinstance(found, dict), "Alert is no object")
    expect.same(found, ("code", "message", "url"), "members of the Alert")


@clause("HDR-7", "repaired")
def responses_name_their_request(probe: Probe) -> None:
    """Name each request in ``X-Request-Id``, as the client does if it does."""
    names = [
        expect.header(probe.nobody.get(path), "X-Request-Id")
        for path in ("/", "/", "/nothing")
    ]
    expect.equal(len(set(names)), len(names), "how many ids requests have")
    name = f"{probe.word()}-1"
    response = probe.nobody.get("/", headers={"X-Request-Id": name})
    expect.header(response, "X-Request-Id", name)


@clause("HDR-8", "mandatory")
def reads_have_a_validator(probe: Probe) -> None:
    """Send the timestamp as ``ETag`` with 200 and 304 to reads."""
    note = probe.note()
    last = probe.note()
    for path, stamp in ((note.path, note.etag), (probe.private, last.etag)):
        for read in (probe.alice.get, probe.alice.head):
            expect.header(expect.status(read(path), 200), "ETag", stamp)
            response = read(path, headers={"If-None-Match": stamp})
            expect.header(expect.status(response, 304), "ETag", stamp)


@clause("HDR-9", "mandatory")
def etags_come_with_dates(probe: Probe) -> None:
    """Send with an ``ETag`` the same time, cut to the second, as ``Last-Modified``."""
    alice, note = probe.alice, probe.note()
    for response in (
        alice.get(probe.private),
        alice.get(note.path),
        alice.head(note.path),
        alice.get(note.path, headers={"If-None-Match": note.etag}),
        alice.put(note.path, {"title": "two"}),
        alice.patch(note.path, {"rank": 2}),
        alice.put(note.path, {"title": "two"}, headers={"If-Match": note.older}),
    ):
        stamp = expect.header(response, "ETag").strip('"')
        expect.true(stamp.isdigit(), f"ETag: wanted a timestamp, got {stamp}")
        expect.header(response, "Last-Modified", _date(int(stamp)))


@clause("HDR-10", "http")
def nothing_was_modified_in_the_future(probe: Probe) -> None:
    """Send no ``Last-Modified`` that is later than ``Date``."""
    ahead = probe.article().timestamp + 60 * 60 * 1000
    response = probe.alice.post(probe.shared, {"last_modified": ahead})
    made = expect.data(response, 201)
    readers = {"permissions": {"read": [probe.alice.id]}}
    path = f"{probe.shared}/{made['id']}"
    probe.alice.patch(path, json=readers)
    for each in (response, probe.alice.get(path), probe.alice.get(probe.shared)):
        if "Last-Modified" not in each.headers:
            continue
        now = each.headers.get("Date", format_datetime(datetime.now(UTC), usegmt=True))
        modified = parsedate_to_datetime(each.headers["Last-Modified"])
        expect.true(
            modified <= parsedate_to_datetime(now),
            f"Last-Modified is {each.headers['Last-Modified']}, Date is {now}",
        )


@clause("HDR-11", "mandatory")
def writes_have_the_etag_of_the_record(probe: Probe) -> None:
    """Send the ``ETag`` of the record as it is now with PUT and PATCH."""
    note, unused = probe.note(), probe.unused()
    for response in (
        probe.alice.put(unused, {"title": "one"}),
        probe.alice.put(note.path, {"title": "two"}),
        probe.alice.patch(note.path, {"rank": 2}),
        probe.alice.patch(note.path, {"rank": 2}),
    ):
        stamp = expect.data(response, 200, 201)["last_modified"]
        expect.header(response, "ETag", f'"{stamp}"')


@clause("HDR-12", "repaired")
def all_writes_have_validators(probe: Probe) -> None:
    """Send ``ETag`` and ``Last-Modified`` with POST and DELETE."""
    alice = probe.alice
    made = alice.post(probe.private, {"title": "one"})
    record = expect.data(made, 201)
    _validators(made, record["last_modified"])
    again = alice.post(probe.private, {"title": "one", "id": record["id"]})
    _validators(expect.status(again, 200), record["last_modified"])
    deleted = alice.delete(f"{probe.private}/{record['id']}")
    _validators(deleted, expect.data(deleted)["last_modified"])
    probe.note()
    probe.note()
    deleted = alice.delete(probe.private)
    last = max(each["last_modified"] for each in expect.data(deleted))
    _validators(deleted, last)
    expect.header(alice.get(probe.private), "ETag", f'"{last}"')


@clause("HDR-13", "http")
def creations_say_where(probe: Probe) -> None:
    """Send with a 201 the absolute URL of the record as ``Location``."""
    for path in (probe.private, probe.shared):
        for response in (
            probe.alice.post(path, {"title": "one"}),
            probe.alice.put(probe.unused(path), {"title": "one"}),
        ):
            _is_located(probe, path, response)


def _is_located(probe: Probe, path: str, response: httpx.Response) -> None:
    """Expect the ``Location`` of a record that was made in a collection."""
    made = expect.data(response, 201)
    told = expect.body(probe.nobody.get("/"), 200).get("url", "").rstrip("/")
    expect.header(response, "Location", f"{told}{path}/{made['id']}")


@clause("HDR-14", "http")
def a_304_has_headers_and_no_body(probe: Probe) -> None:
    """Send with a 304 the validators and ``Vary`` of the 200, and no body."""
    note = probe.note()
    for path in (note.path, probe.private):
        whole = probe.alice.get(path)
        asked = {"If-None-Match": note.etag}
        response = expect.status(probe.alice.get(path, headers=asked), 304)
        expect.equal(response.text, "", "body of a 304")
        expect.no_header(response, "Content-Type")
        for name in ("ETag", "Last-Modified", "Vary"):
            expect.header(response, name, whole.headers.get(name, ""))
