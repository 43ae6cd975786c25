"""Requests that are sent again under their key."""

from typing import Any

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import SERVING, clause
from cliquet.conformance.probe import Probe, User
from cliquet.conformance.races import race, statuses

_KEYS = (SERVING, "idempotency")
_KEY = "Idempotency-Key"
_REPLAYED = "Idempotency-Replayed"


def _create(
    probe: Probe, key: str, title: str = "a", user: User | None = None
) -> httpx.Response:
    headers = {_KEY: key}
    return (user or probe.alice).post(probe.private, {"title": title}, headers=headers)


def _count(probe: Probe) -> int:
    return len(expect.ids(expect.status(probe.alice.get(probe.private), 200)))


@clause("IDEM-1", "repaired", needs=_KEYS)
def what_was_done_is_not_done_again(probe: Probe) -> None:
    """Respond to a request that is sent again under its key as at first."""
    key = probe.word()
    first = expect.status(_create(probe, key), 201)
    again = expect.status(_create(probe, key), 201)
    created = expect.data(first, 201)
    expect.equal(expect.data(again, 201), created, "the second answer")
    expect.equal(again.headers.get("ETag"), first.headers.get("ETag"), "its ETag")
    expect.equal(_count(probe), 1, "number of records")
    path = f"{probe.private}/{created['id']}"
    patch = {"title": "b"}
    headers = {_KEY: probe.word()}
    changed = expect.data(probe.alice.patch(path, patch, headers=headers), 200)
    expect.data(probe.alice.patch(path, {"title": "c"}), 200)
    found = expect.data(probe.alice.patch(path, patch, headers=headers), 200)
    expect.equal(found, changed, "the second answer to PATCH")
    found = expect.data(probe.alice.get(path), 200)
    expect.equal(found["title"], "c", "data.title")


@clause("IDEM-2", "repaired", needs=_KEYS)
def repetitions_say_so(probe: Probe) -> None:
    """Mark answers that are repeated, and no others, by ``Idempotency-Replayed``."""
    key = probe.word()
    expect.no_header(expect.status(_create(probe, key), 201), _REPLAYED)
    expect.header(expect.status(_create(probe, key), 201), _REPLAYED, "true")
    expect.no_header(_create(probe, probe.word()), _REPLAYED)


@clause("IDEM-3", "repaired", needs=_KEYS)
def keys_are_of_one_request(probe: Probe) -> None:
    """Refuse another body, or query string, under a key."""
    key = probe.word()
    expect.status(_create(probe, key), 201)
    expect.error(_create(probe, key, "b"), 422, 119)
    path = f"{probe.private}?other=1"
    expect.error(probe.alice.post(path, {"title": "a"}, headers={_KEY: key}), 422, 119)
    expect.equal(_count(probe), 1, "number of records")


@clause("IDEM-4", "repaired", needs=_KEYS)
def one_is_done_of_many_at_once(probe: Probe) -> None:
    """Do one of several requests with a key that are sent at once."""
    key = probe.word()
    found = race(lambda number: _create(probe, key))
    expect.true(set(statuses(found)) <= {201, 409}, "answers other than 201 and 409")
    for each in found:
        if each.status_code == 409:
            expect.error(each, 409, 120)
    expect.equal(_count(probe), 1, "number of records")


@clause("IDEM-5", "repaired", needs=_KEYS)
def refusals_are_judged_anew(probe: Probe) -> None:
    """Judge a request anew that was refused."""
    slug, headers = probe.word(), {_KEY: probe.word()}
    taken, other = probe.note(slug=slug), probe.note()
    path = f"{probe.private}/{other.id}"
    refused = probe.alice.patch(path, {"slug": slug}, headers=headers)
    expect.error(refused, 409, 122)
    expect.status(probe.alice.delete(f"{probe.private}/{taken.id}"), 200)
    again = probe.alice.patch(path, {"slug": slug}, headers=headers)
    expect.no_header(expect.status(again, 200), _REPLAYED)


@clause("IDEM-6", "repaired", needs=_KEYS)
def keys_are_of_their_users(probe: Probe) -> None:
    """Take the key of another user, method or path for another one."""
    key = probe.word()
    first = expect.data(_create(probe, key), 201)
    other = expect.status(_create(probe, key, user=probe.bob), 201)
    expect.no_header(other, _REPLAYED)
    body = {"title": "a"}
    headers = {_KEY: key}
    path = f"{probe.private}/{first['id']}"
    changed = expect.status(probe.alice.patch(path, body, headers=headers), 200)
    expect.no_header(changed, _REPLAYED)


@clause("IDEM-7", "repaired", needs=_KEYS)
def keys_are_printable(probe: Probe) -> None:
    """Take a key with or without quotes, and refuse what is none."""
    key = probe.word()
    expect.status(_create(probe, key), 201)
    expect.header(_create(probe, f'"{key}"'), _REPLAYED, "true")
    for odd in ('""', '"a', "a" * 256):
        expect.error(_create(probe, odd), 400, 107)
    expect.status(_create(probe, key.ljust(255, "x")), 201)
    expect.equal(_count(probe), 2, "number of records")


@clause("IDEM-8", "repaired", needs=_KEYS)
def entries_have_their_own(probe: Probe) -> None:
    """Keep the key of a batch from its entries, which may have their own."""
    key, own = probe.word(), probe.word()
    entry: dict[str, Any] = {
        "method": "POST",
        "path": probe.private,
        "body": {"data": {"title": "a"}},
    }
    keyed = {**entry, "headers": {_KEY: own}}
    batch = {"requests": [entry, entry, keyed]}
    headers = {_KEY: key}
    first = expect.body(probe.alice.post("/batch", json=batch, headers=headers), 200)
    expect.equal(_count(probe), 3, "number of records")
    again = probe.alice.post("/batch", json=batch, headers=headers)
    expect.equal(expect.body(again, 200), first, "the second answer")
    alone = expect.body(probe.alice.post("/batch", json={"requests": [keyed]}), 200)
    told = {name.lower() for name in alone["responses"][0]["headers"]}
    expect.contains(told, _REPLAYED.lower(), "headers of an entry with its own key")
    expect.equal(_count(probe), 3, "number of records")
