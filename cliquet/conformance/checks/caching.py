"""Freshness: what caches may keep."""

from email.utils import parsedate_to_datetime

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe

#: Seconds between two readings of a clock.
_SOON = 5


def _control(response: httpx.Response) -> set[str]:
    return expect.tokens(response, "Cache-Control")


def _max_age(response: httpx.Response) -> int | None:
    for each in _control(response):
        name, _, value = each.partition("=")
        if name == "max-age" and value.isdigit():
            return int(value)
    return None


def _is_not_kept(response: httpx.Response, *wanted: str) -> None:
    """Expect one of some directives."""
    got = _control(response)
    named = f"{response.request.method} {response.request.url.path}"
    message = f"{named}, {response.status_code}: wanted {' or '.join(wanted)} in "
    expect.true(got & set(wanted), f"{message}Cache-Control, got {sorted(got)}")


@clause("CACHE-1", "mandatory")
def what_a_user_reads_is_not_fresh(probe: Probe) -> None:
    """Send ``no-cache``, and no ``Expires``, with what a user reads."""
    note, page = probe.note(), probe.page()
    for path in (note.path, probe.private, page.path, probe.public, probe.shared):
        for read in (probe.alice.get, probe.alice.head):
            response = read(path)
            if response.status_code == httpx.codes.FORBIDDEN:
                continue
            expect.status(response, 200)
            _is_not_kept(response, "no-cache")
            expect.no_header(response, "Expires")


@clause("CACHE-2", "mandatory")
def what_nobody_reads_may_be_fresh(probe: Probe) -> None:
    """Send ``no-cache``, or ``max-age`` and ``Expires``, with anonymous reads."""
    page = probe.page()
    for path in (page.path, probe.public):
        for read in (probe.nobody.get, probe.nobody.head):
            response = expect.status(read(path), 200)
            age = _max_age(response)
            if not age:
                _is_not_kept(response, "no-cache")
                expect.no_header(response, "Expires")
                continue
            expires = parsedate_to_datetime(expect.header(response, "Expires"))
            date = response.headers.get("Date")
            if date:
                seconds = (expires - parsedate_to_datetime(date)).total_seconds()
                agrees = abs(seconds - age) <= _SOON
                expect.true(agrees, f"Expires is in {seconds} s, max-age is {age}")


@clause("CACHE-3", "repaired")
def what_a_user_was_answered_is_not_stored(probe: Probe) -> None:
    """Send ``no-store`` with every response to somebody who is authenticated."""
    alice, note = probe.alice, probe.note()
    page = probe.page()
    for response in (
        alice.get(note.path),
        alice.get(probe.private),
        alice.get(page.path),
        alice.get(probe.public),
        alice.get(note.path, headers={"If-None-Match": note.etag}),
        alice.get(probe.unused()),
        alice.get(f"{probe.private}?odd=1"),
        alice.post(probe.private, {"title": "two"}),
        alice.put(note.path, {"title": "two"}),
        alice.patch(note.path, {"rank": 2}),
        alice.put(note.path, {"title": "3"}, headers={"If-Match": note.older}),
        alice.get("/"),
        alice.post("/batch", json={"requests": [{"path": note.path}]}),
        alice.delete(note.path),
    ):
        _is_not_kept(response, "no-store")


@clause("CACHE-4", "repaired")
def lists_that_depend_on_who_asks_are_not_stored(probe: Probe) -> None:
    """Send ``no-store`` with anonymous lists of what is shared, or ``max-age``."""
    probe.article(permissions={"read": ["system.Everyone"]})
    for path in (probe.shared, probe.public):
        response = expect.status(probe.nobody.get(path), 200)
        if not _max_age(response):
            _is_not_kept(response, "no-store")


@clause("CACHE-5", "http")
def a_304_is_as_fresh_as_the_200(probe: Probe) -> None:
    """Send with a 304 the ``Cache-Control`` and ``Expires`` of the 200."""
    page, note = probe.page(), probe.note()
    for user, path in (
        (probe.nobody, page.path),
        (probe.nobody, probe.public),
        (probe.alice, note.path),
        (probe.alice, probe.private),
    ):
        whole = expect.status(user.get(path), 200)
        asked = {"If-None-Match": whole.headers["ETag"]}
        response = expect.status(user.get(path, headers=asked), 304)
        got, wanted = _control(response), _control(whole)
        expect.equal(sorted(got), sorted(wanted), "Cache-Control of a 304")
        has_date = "Expires" in response.headers
        expect.equal(has_date, "Expires" in whole.headers, "whether a 304 has Expires")


@clause("CACHE-6", "http")
def caches_need_not_guess(probe: Probe) -> None:
    """Send ``Cache-Control`` with every response."""
    note = probe.note()
    for user in (probe.alice, probe.nobody):
        for path in ("/", "/__heartbeat__", "/__lbheartbeat__", "/__version__", "",
                     "/nothing", probe.private, note.path, probe.unused(), probe.public,
                     f"{probe.private}/"):  # fmt: skip
            expect.header(user.get(path), "Cache-Control")
        expect.header(user.delete("/"), "Cache-Control")
        expect.header(user.post("/batch", json={"requests": []}), "Cache-Control")
        expect.header(user.get("/v99/", prefixed=False), "Cache-Control")
        expect.header(user.get("/nothing", prefixed=False), "Cache-Control")


@clause("CACHE-7", "http")
def heartbeats_are_not_stored(probe: Probe) -> None:
    """Send ``no-store`` with heartbeats and the version of the build."""
    for path in ("/__heartbeat__", "/__lbheartbeat__", "/__version__"):
        for read in (probe.nobody.get, probe.nobody.head):
            response = read(path)
            if response.status_code != httpx.codes.NOT_FOUND:
                _is_not_kept(response, "no-store")


@clause("CACHE-8", "http")
def what_passes_is_asked_for_again(probe: Probe) -> None:
    """Send ``no-cache`` or ``no-store`` with hello, errors and redirections."""
    nobody = probe.nobody
    for response in (
        nobody.get("/"),
        nobody.get(""),
        nobody.get("/nothing"),
        nobody.get("/nothing/"),
        nobody.get("/v99/", prefixed=False),
        nobody.get("/", prefixed=False),
        nobody.get(probe.private),
        nobody.get(probe.unused(probe.public)),
        nobody.delete("/"),
        nobody.get(f"{probe.public}?_limit=abc"),
        nobody.get("/%FF"),
    ):
        _is_not_kept(response, "no-cache", "no-store")
