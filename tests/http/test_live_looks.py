"""The looks of `cliquet stream`: how many, in which order, for whom (docs: live)."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pyramid.response import Response

from cliquet.live.asgi import Application
from cliquet.live.conversation import Reason
from cliquet.live.hub import Hub, Visit
from cliquet.live.looking import Looking, LoopFlag
from tests.http.test_live import EVENTS

LONG = 60


class Client:
    """Follows a list by ASGI, until it hangs up."""

    def __init__(self, application: Any, path: str, headers: Any) -> None:
        headers = {"Host": "localhost", "Accept": EVENTS, **headers}
        self._application = application
        self._scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "scheme": "http",
            "http_version": "1.1",
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in headers.items()
            ],
        }
        self.parts: list[str] = []
        self._sent = asyncio.Event()
        self._gone = asyncio.Event()
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        async def receive() -> Any:
            await self._gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            self.parts.append(message.get("body", b"").decode())
            self._sent.set()

        await self._application(self._scope, receive, send)

    async def see(self, text: str) -> None:
        """Wait until something was sent."""
        async with asyncio.timeout(LONG):
            while text not in "".join(self.parts):
                self._sent.clear()
                await self._sent.wait()

    async def is_over(self) -> bool:
        """Return whether the stream ends by itself."""
        await asyncio.wait_for(self._task, LONG)
        return True

    async def hang_up(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self._task, LONG)


@pytest.fixture
def hub(live):
    """The hub of an application, which notes the looks of which user it runs."""
    hub = live.app.registry.live
    known = hub.run, hub.max_clients
    hub.max_clients = 20
    hub.looks = []

    def run(environ: Any) -> Any:
        hub.looks.append(environ["HTTP_AUTHORIZATION"])
        return known[0](environ)

    hub.run = run
    yield hub
    hub.run, hub.max_clients = known
    assert hub.clients == 0


def test_one_look_is_for_all_who_ask_the_same(hub, alice, create):
    async def follow() -> None:
        application = Application(hub, threads=4)
        clients = [Client(application, "/v0/mushrooms", alice) for _ in range(10)]
        for client in clients:
            await client.see("id: ")
        hub.looks.clear()
        create("cep")
        for client in clients:
            await client.see('"cep"')
        for client in clients:
            await client.hang_up()

    asyncio.run(follow())

    assert len(hub.looks) == 1


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Cookie", "User-Agent"])
def test_who_differs_in_any_header_looks_alone(hub, alice, create, header):
    async def follow() -> None:
        application = Application(hub, threads=4)
        others = {**alice, header: "other"}
        clients = [
            Client(application, "/v0/mushrooms", each) for each in (alice, others)
        ]
        for client in clients:
            await client.see("id: ")
        hub.looks.clear()
        create("cep")
        for client in clients:
            await client.see('"cep"')
            await client.hang_up()

    asyncio.run(follow())

    assert len(hub.looks) == 2


def test_access_is_asked_again_for_all_who_share_a_look(hub, bob, shared):
    _, revoke = shared

    async def follow() -> None:
        application = Application(hub, threads=4)
        bobs = [Client(application, "/v0/toadstools", bob) for _ in range(3)]
        for client in bobs:
            await client.see("id: ")
        hub.looks.clear()
        revoke()
        hub.wake_all()
        assert all([await client.is_over() for client in bobs])

    asyncio.run(follow())

    assert hub.looks.count(bob["Authorization"]) == 1


class Slow:
    """An application whose looks end when they are told to.

    Attributes:
        begun: Names of the looks that began, in order.
    """

    def __init__(self, hub: Hub) -> None:
        self.begun: list[str] = []
        self.may_end = threading.Event()
        self._began = threading.Condition()
        hub.run = self.run

    def run(self, environ: Any) -> Any:
        with self._began:
            self.begun.append(environ["name"])
            self._began.notify_all()
        if environ["name"].startswith("slow"):
            assert self.may_end.wait(LONG)
        return Response(environ["name"])

    def expect(self, name: str) -> None:
        """Wait until a look began."""
        with self._began:
            assert self._began.wait_for(lambda: name in self.begun, LONG)


def slowly(go: Callable[[Slow, Looking, Hub], Any]) -> list[str]:
    """Run something with an application whose looks are slow; return their names."""
    hub = Hub(9)
    slow = Slow(hub)

    async def run() -> None:
        try:
            await go(slow, Looking(hub, threads=4), hub)
        finally:
            slow.may_end.set()

    asyncio.run(run())
    return slow.begun


def test_who_was_woken_is_not_behind_looks_that_are_due():
    async def go(slow: Slow, looking: Looking, hub: Hub) -> None:
        due = [
            asyncio.ensure_future(looking.run({"name": f"slow {n}"}, Reason.DUE))
            for n in range(3)
        ]
        await asyncio.to_thread(slow.expect, "slow 0")
        async with asyncio.timeout(LONG):
            assert (await looking.run({"name": "woken"}, Reason.WOKEN)).text == "woken"
        slow.may_end.set()
        await asyncio.gather(*due)

    assert slowly(go) == ["slow 0", "woken", "slow 1", "slow 2"]


def test_a_wake_up_is_for_a_look_that_waits_already():
    async def go(slow: Slow, looking: Looking, hub: Hub) -> None:
        flag = LoopFlag(asyncio.get_running_loop(), looking)
        visit = Visit(hub, flag, is_stream=True)
        assert visit.sit_down("place")
        first = asyncio.ensure_future(looking.run({"name": "slow"}, Reason.DUE))
        await asyncio.to_thread(slow.expect, "slow")
        second = asyncio.ensure_future(looking.run({"name": "b"}, Reason.DUE, visit))
        await asyncio.sleep(0)
        hub.wake(["place"])
        await asyncio.wait_for(second, LONG)
        assert not slow.may_end.is_set()
        slow.may_end.set()
        await first
        # What it was woken for was found: there is no other look for it.
        assert await flag.wait(0) is None

    assert slowly(go) == ["slow", "b"]


def test_what_nobody_waits_for_any_longer_is_not_looked_for():
    async def go(slow: Slow, looking: Looking, hub: Hub) -> None:
        first = asyncio.ensure_future(looking.run({"name": "slow"}, Reason.DUE))
        await asyncio.to_thread(slow.expect, "slow")
        gone = asyncio.ensure_future(looking.run({"name": "gone"}, Reason.DUE))
        stays = asyncio.ensure_future(looking.run({"name": "stays"}, Reason.DUE))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        slow.may_end.set()
        await asyncio.gather(first, stays)

    assert slowly(go) == ["slow", "stays"]


def test_a_client_that_goes_during_its_look_keeps_no_seat():
    async def go(slow: Slow, looking: Looking, hub: Hub) -> None:
        flag = LoopFlag(asyncio.get_running_loop(), looking)
        visit = Visit(hub, flag, is_stream=True)
        visit.end()
        assert visit.sit_down("place")
        assert (visit.place, hub.clients) == (None, 0)

    assert slowly(go) == []
