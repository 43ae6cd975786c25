"""What followers ask for and tell, by streams that are cut (`clients/following.json`).

The JavaScript client plays the same scenarios (`following.test.js`).
"""

import asyncio
import json
from contextlib import aclosing, closing
from pathlib import Path

import httpx
import pytest

from cliquet.client import AsyncClient, Client, Patience, ProtocolError

SCENARIOS = json.loads(
    (Path(__file__).parents[2] / "clients" / "following.json").read_text()
)
URL = "http://localhost/v1"


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Chunks, and perhaps a cut."""

    def __init__(self, chunks, is_cut=False):
        self._chunks, self._is_cut = chunks, is_cut
        self.is_closed = False

    def __iter__(self):
        for chunk in self._chunks:
            yield chunk.encode()
        if self._is_cut:
            raise httpx.ReadError("cut")

    async def __aiter__(self):
        for chunk in self:
            yield chunk

    def close(self):
        self.is_closed = True

    async def aclose(self):
        self.close()


class Scripted(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A server whose answers are written; at last, it refuses everybody."""

    def __init__(self, scenario):
        self._hello = {"capabilities": scenario.get("capabilities", {"stream": {}})}
        self._answers = list(scenario["answers"])
        self.asked = []
        self.bodies = []

    def handle_request(self, request):
        if request.url.path == "/v1/":
            return httpx.Response(200, json=self._hello)
        self.asked.append(describe(request))
        answer = self._answers.pop(0) if self._answers else {"status": 403}
        if "lost" in answer:
            raise httpx.ConnectError("refused")
        headers = dict(answer.get("headers", {}))
        if "chunks" in answer:
            body = Body(answer["chunks"], answer.get("cut", False))
            self.bodies.append(body)
            headers["Content-Type"] = "text/event-stream; charset=utf-8"
            return httpx.Response(200, headers=headers, stream=body)
        if "timestamp" in answer:
            headers["ETag"] = f'"{answer["timestamp"]}"'
        if "next" in answer:
            headers["Next-Page"] = f"{URL}/tasks?_token=x"
        data = [
            {"id": str(each), "last_modified": each}
            for each in answer.get("records", [])
        ]
        status = answer.get("status", 200)
        return httpx.Response(status, headers=headers, json={"data": data})

    async def handle_async_request(self, request):
        return self.handle_request(request)


def describe(request):
    """Return what a request asks for, in the words of scenarios."""
    query = dict(request.url.params)
    if "_token" in query:
        return "list page"
    is_stream = request.headers["Accept"] == "text/event-stream"
    assert is_stream or query.pop("_sort") == "last_modified"
    words = [f"{name.removeprefix('_')}={value}" for name, value in query.items()]
    # Where a filter stands is of no concern.
    words.sort(key=lambda word: ("since", "min_rank", "wait").index(word.split("=")[0]))
    for header, word in (("Last-Event-ID", "last"), ("If-None-Match", "known")):
        if header in request.headers:
            words.append(f"{word}={request.headers[header].strip(chr(34))}")
    return " ".join(["stream" if is_stream else "list", *words])


def follow(transport, waits, options):
    """Return the timestamps of what is told, and the status that ends it."""
    patience = Patience(clock=lambda: waits.now, chance=lambda: 1.0)
    told = []
    with Client(URL, transport=transport, patience=patience, sleep=waits) as client:
        changes = client.collection("tasks").changes(since=1, **options)
        with pytest.raises(ProtocolError) as refused:
            told.extend(each.timestamp for each in changes)
    return told, refused.value.status


def follow_awaiting(transport, waits, options):
    async def sleep(seconds):
        waits(seconds)

    async def start():
        patience = Patience(clock=lambda: waits.now, chance=lambda: 1.0)
        told = []
        async with AsyncClient(
            URL, transport=transport, patience=patience, sleep=sleep
        ) as client:
            changes = client.collection("tasks").changes(since=1, **options)
            with pytest.raises(ProtocolError) as refused:
                async for each in changes:
                    told.append(each.timestamp)  # noqa: PERF401 -- up to the error
        return told, refused.value.status

    return asyncio.run(start())


@pytest.mark.parametrize("way", [follow, follow_awaiting])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each["name"])
def test_scenarios(scenario, way, waits):
    transport = Scripted(scenario)

    options = {name: scenario[name] for name in ("filters", "wait") if name in scenario}
    told, ends = way(transport, waits, options)

    assert transport.asked == scenario["asked"]
    assert told == scenario["told"]
    assert waits == pytest.approx(scenario["waits"])
    assert ends == scenario.get("ends", 403)
    assert all(body.is_closed for body in transport.bodies)


ENDLESS = {"answers": [{"chunks": ['id: 2\ndata: {"last_modified": 2}\n\n'] * 5}]}


def test_who_leaves_closes_the_stream():
    transport = Scripted(ENDLESS)
    with Client(URL, transport=transport) as client:
        with closing(client.collection("tasks").changes(since=1)) as changes:
            next(changes)
            assert not transport.bodies[0].is_closed

        assert transport.bodies[0].is_closed


def test_who_leaves_a_loop_closes_the_stream():
    transport = Scripted(ENDLESS)

    async def leave():
        async with AsyncClient(URL, transport=transport) as client:
            async with aclosing(client.collection("tasks").changes(since=1)) as changes:
                async for _ in changes:
                    break
            return transport.bodies[0].is_closed

    assert asyncio.run(leave())


def test_silence_is_a_cut_and_only_on_streams():
    timeouts = []

    class Noted(Scripted):
        def handle_request(self, request):
            timeouts.append(request.extensions["timeout"]["read"])
            return super().handle_request(request)

    transport = Noted({"answers": []})
    with Client(URL, transport=transport, timeout=90) as client:
        with pytest.raises(ProtocolError):
            next(client.collection("tasks").changes(since=1))

    assert timeouts == [90, 45]


def test_what_cannot_give_streams_is_asked_for_lists():
    async def app(scope, receive, send):
        status = 200 if scope["path"] == "/v1/" else 403
        asked.append(scope["query_string"])
        await send({"type": "http.response.start", "status": status, "headers": []})
        body = b'{"capabilities": {"stream": {}}}'
        await send({"type": "http.response.body", "body": body})

    async def start():
        transport = httpx.ASGITransport(app)
        async with AsyncClient(URL, transport=transport) as client:
            with pytest.raises(ProtocolError):
                await anext(client.collection("tasks").changes(since=1))

    asked = []
    asyncio.run(start())

    assert asked == [b"", b"_sort=last_modified&_since=1&_wait=20"]
