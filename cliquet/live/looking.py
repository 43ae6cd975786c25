"""Looks on an event loop: what wakes clients, and the threads that look for them."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from cliquet.live import asked
from cliquet.live.conversation import Reason
from cliquet.live.hub import Flag, Hub, Visit
from cliquet.live.looks import Job, Looks
from cliquet.types import Environ, Response


class LoopFlag(Flag):
    """A flag that is set by any thread, and waited for by an event loop.

    Attributes:
        job: The look of its client that is to be run, which a wake-up makes urgent.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, looking: "Looking") -> None:
        self._loop = loop
        self._looking = looking
        self._lock = threading.Lock()
        self._reason: Reason | None = None
        self._event = asyncio.Event()
        self.job: Job[_Asker] | None = None

    def set(self) -> None:
        """Wake whoever waits."""
        self._set(Reason.WOKEN)

    def doubt(self) -> None:
        """Wake whoever waits, for a look that is due."""
        self._set(Reason.DUE)

    def _set(self, reason: Reason) -> None:
        with self._lock:
            if self._reason is not None and self._reason <= reason:
                return
            self._reason = reason
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:
            # The loop has ended, and so has the client.
            return

    def _wake(self) -> None:
        reason = self._reason
        if reason is None:
            # A look began since, which finds what this was about.
            return
        self._event.set()
        if self.job is not None:
            self._looking.hurry(self.job, reason)

    async def wait(self, seconds: float) -> Reason | None:
        """Wait for it to be set; return why it was, and clear it."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return None
        return self.clear()

    def clear(self) -> Reason | None:
        """Clear it, as a look begins, and return why it was set."""
        self._event.clear()
        with self._lock:
            reason, self._reason = self._reason, None
        return reason


@dataclass(eq=False)
class _Asker:
    """Who asked for a look.

    Attributes:
        environ: The request.
        visit: Told by the views; None for what is neither stream nor waits.
        outcome: The response; None if it has to look alone.
    """

    environ: Environ
    visit: Visit | None
    outcome: asyncio.Future[Response | None]

    def share(self, other: Visit | None) -> bool:
        """Learn what the look of another found; return whether it is for this one."""
        if self.visit is None or other is None or self.visit is other:
            return True
        if self.visit.place != other.place:
            # What both asked for has moved, or the other one is gone.
            return False
        self.visit.learn(other)
        return True


class Looking:
    """The threads that look, for the clients of one event loop.

    Args:
        hub: That of the application.
        threads: How many looks there may be at a time: a quarter of them are for each
            of those that are asked for by who comes, and those that are due.
    """

    def __init__(self, hub: Hub, threads: int) -> None:
        self._hub = hub
        other = max(1, threads // 4)
        places = dict.fromkeys(Reason, other)
        places[Reason.WOKEN] = max(1, threads - 2 * other)
        self._looks: Looks[_Asker] = Looks(places)
        count = sum(places.values())
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="look")

    async def run(
        self, environ: Environ, reason: Reason, visit: Visit | None = None
    ) -> Response:
        """Return the response to a look, which is complete."""
        # Who has no seat yet is to have one before the list is read.
        is_alone = visit is None or visit.place is None
        return await self._run(environ, reason, visit, is_alone=is_alone)

    async def _run(
        self, environ: Environ, reason: Reason, visit: Visit | None, *, is_alone: bool
    ) -> Response:
        loop = asyncio.get_running_loop()
        asker = _Asker(environ, visit, loop.create_future())
        key = None
        if visit is not None and not is_alone:
            key = (visit.place, asked.sameness(environ, Visit.ENVIRON))
        job = self._looks.add(asker, reason, key)
        if visit is not None:
            visit.flag.job = job
        # Those who were woken by the same change are given time to come along.
        loop.call_soon(self._begin)
        try:
            response = await asker.outcome
        finally:
            self._looks.leave(job, asker)
        if response is None:
            return await self._run(environ, reason, visit, is_alone=True)
        return response

    def hurry(self, job: Job[_Asker], reason: Reason) -> None:
        """Make a look more urgent, if it has not begun."""
        self._looks.hurry(job, reason)
        self._begin()

    def _begin(self) -> None:
        while (job := self._looks.begin()) is not None:
            for asker in job.askers:
                if asker.visit is not None:
                    # What changed until now is found; not what changes meanwhile.
                    asker.visit.flag.job = None
                    asker.visit.flag.clear()
            loop = asyncio.get_running_loop()
            environ = job.askers[0].environ
            done = loop.run_in_executor(self._threads, self._look, environ)
            done.add_done_callback(partial(self._end, job))

    def _end(self, job: Job[_Asker], done: asyncio.Future[Response]) -> None:
        self._looks.end(job)
        leader = job.askers[0].visit
        for asker in job.askers:
            if asker.outcome.done():
                # Its client is gone.
                continue
            if done.cancelled():
                asker.outcome.cancel()
            elif (failure := done.exception()) is not None:
                asker.outcome.set_exception(failure)
            else:
                is_shared = asker.share(leader)
                asker.outcome.set_result(done.result() if is_shared else None)
        self._begin()

    def _look(self, environ: Environ) -> Response:
        response = self._hub.run(environ)
        # An iterator may do its work now: the loop would wait for it.
        _ = response.body
        return response
