"""Looks of a follower, one after the other, and what streams tell between them.

Who leaves the generators closes their connections.
"""

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing, suppress
from typing import Protocol

from cliquet.client.exchanges import Call, T
from cliquet.client.following import Follower
from cliquet.client.records import Record
from cliquet.dotted import naming_the_extra

with naming_the_extra("'cliquet.client'", "client"):
    import httpx


class Runner(Protocol):
    """A client for threads."""

    def run(self, call: Call[T]) -> T:
        """Return the result of a call."""

    def pause(self, seconds: float) -> None:
        """Wait for some seconds."""


class AsyncRunner(Protocol):
    """A client for event loops."""

    async def run(self, call: Call[T]) -> T:
        """Return the result of a call."""

    async def pause(self, seconds: float) -> None:
        """Wait for some seconds."""


def follow(client: Runner, follower: Follower) -> Generator[Record, None, None]:
    """Return changes as they come, for ever."""
    while True:
        look = client.run(follower.look())
        yield from look.records
        pause = look.pause
        if look.stream is not None:
            # A stream that is cut is as one that ends.
            with closing(look.stream), suppress(httpx.RequestError):
                for chunk in look.stream.iter_bytes():
                    yield from follower.take(chunk)
            pause = follower.end()
        if pause:
            client.pause(pause)


async def follow_awaiting(
    client: AsyncRunner, follower: Follower
) -> AsyncGenerator[Record, None]:
    """Return changes as they come, for ever."""
    while True:
        look = await client.run(follower.look())
        for record in look.records:
            yield record
        pause = look.pause
        if look.stream is not None:
            async with aclosing(look.stream):
                with suppress(httpx.RequestError):
                    async for chunk in look.stream.aiter_bytes():
                        for record in follower.take(chunk):
                            yield record
            pause = follower.end()
        if pause:
            await client.pause(pause)
