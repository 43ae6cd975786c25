"""Messages and descriptions that the protocol has to the letter."""

from collections.abc import Iterable

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import STRICT, clause
from cliquet.conformance.probe import Probe

_ACCEPT = "Accept header should be one of ['application/json']"
_NO_TAG = (
    "Invalid value for If-Match. The value should be integer between double quotes."
)

Sentence = tuple[httpx.Response, str | None, str | None, str]


@clause("ERR-15", "mandatory")
def words_are_those_of_the_protocol(probe: Probe) -> None:
    """Use the messages and descriptions of the protocol, to the letter."""
    for response, number, message in _messages(probe):
        found = expect.error(response, response.status_code, number)
        expect.equal(found.get("message"), message, f"message of errno {number}")
    for response, location, name, description in _descriptions(probe):
        found = expect.error(response, response.status_code, 107)
        told = [
            (each["location"], each["name"], each["description"])
            for each in found.get("details", ())
        ]
        wanted = (location, name, description)
        expect.contains(told, wanted, "entries of details")


def _messages(probe: Probe) -> Iterable[tuple[httpx.Response, int, str]]:
    alice, note, slug = probe.alice, probe.note(), probe.word()
    other = probe.note(slug=slug)
    yield (
        probe.nobody.get(probe.private), 104,
        "Please authenticate yourself to use this endpoint.",
    )  # fmt: skip
    missing = "The resource you are looking for could not be found."
    yield alice.get("/nothing"), 111, missing
    yield alice.get(probe.unused()), 111, missing
    yield (
        alice.get(note.path, headers={"If-Match": note.older}), 114,
        "Resource was modified meanwhile",
    )  # fmt: skip
    yield alice.put(probe.private, {}), 115, "Method not allowed on this endpoint."
    yield (
        alice.get("/v99/", prefixed=False), 116,
        "The requested protocol version is not available on this server.",
    )  # fmt: skip
    hidden = probe.article()
    yield (
        probe.bob.get(hidden.path), 121, "This user cannot access this resource.",
    )  # fmt: skip
    yield (
        alice.patch(note.path, {"slug": slug}), 122,
        f"Conflict of field slug on record {other.id}",
    )  # fmt: skip


def _descriptions(probe: Probe) -> Iterable[Sentence]:
    alice, note = probe.alice, probe.note(source="a")
    private = probe.private
    yield alice.post(private, json={}), "body", "data", "data is missing"
    yield alice.post(private, json={"odd": 1}), "body", "odd", "odd is not allowed"
    yield alice.post(private, {"rank": 1}), "body", "data.title", "Required"
    fields = {"title": "one", "rank": "high"}
    yield alice.post(private, fields), "body", "data.rank", '"high" is not a number'
    response = alice.patch(note.path, {"source": "b"})
    yield response, "body", "source", "Cannot modify source"
    sent: dict[str, object] = {"data": {}, "permissions": {"odd": []}}
    said = '"odd" is not one of read, write'
    yield alice.post(probe.shared, json=sent), "body", "permissions", said
    inner = {"requests": [{"path": "/batch", "method": "POST"}]}
    said = "Recursive call on /batch endpoint is forbidden."
    yield alice.post("/batch", json=inner), "body", "requests", said
    response = alice.put(f"{note.path}?odd=1", {"title": "one"})
    yield response, "querystring", "odd", "odd is not allowed"
    for query, name, said in (
        ("odd=1", "odd", "Unknown filter field 'odd'"),
        ("_since=abc", "_since", "Invalid value for _since"),
        ("_sort=odd", None, "Unknown sort field 'odd'"),
        ("_limit=abc", None, "_limit should be an integer"),
        ("_token=abc", None, "_token has invalid content"),
    ):
        yield alice.get(f"{private}?{query}"), "querystring", name, said
    yield alice.get(f"{private}/odd*id"), "path", None, "Invalid record id"
    odd = {"Accept": "image/png"}
    yield alice.get(private, headers=odd), "header", "Accept", _ACCEPT
    if STRICT not in probe.server.features:
        odd = {"If-None-Match": '"abc"'}
        said = "Invalid value for If-None-Match"
        yield alice.get(private, headers=odd), "headers", None, said
        odd = {"If-Match": '"abc"'}
        yield alice.get(private, headers=odd), "headers", None, _NO_TAG
