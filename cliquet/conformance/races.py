"""Requests that are sent at the same time: smoke tests, which prove no absence."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx

#: Clients of a race.
RACERS = 8


def race(send: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """Send as many requests at once; their responses, in the order of their numbers."""
    barrier = Barrier(RACERS)

    def start(number: int) -> httpx.Response:
        barrier.wait(30)
        return send(number)

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(start, range(RACERS)))


def statuses(responses: Iterable[httpx.Response]) -> list[int]:
    """Return the statuses, sorted."""
    return sorted(each.status_code for each in responses)
