"""Requests whose process is killed, at any point: ``python -m tests.contract.crashes``.

Reads settings and orders as JSON from its arguments, and writes what became of them. The
process that builds the application opens no connection: each trial is a child of it,
which is killed by SIGKILL at one of the calls that its request makes, chosen by a seed.
"""

import json
import os
import random
import signal
import sys
import time
from typing import Any

import colander
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.events import AfterResourceChanged, ResourceChanged

HEADERS = {"Authorization": "Basic YWxpY2U6", "Content-Type": "application/json"}
PATH = "/v1/notes"
REPLAYED = "Idempotency-Replayed"
#: Until the server has noticed that its client is gone.
_PATIENCE_SECONDS = 60


class _Schema(resource.ResourceSchema):
    name = colander.SchemaNode(colander.String())


class Note(resource.ShareableResource):
    """One record for each request."""

    mapping = _Schema()


def die(*args: Any) -> None:
    """End this process as a crash does."""
    os.kill(os.getpid(), signal.SIGKILL)


class Countdown:
    """Counts calls of functions, and dies at one of them.

    Args:
        number: Of the call; None to count them only.
    """

    def __init__(self, number: int | None = None) -> None:
        self.calls = 0
        self._number = number

    def __call__(self, frame: Any, event: str, argument: Any) -> None:
        if event.endswith("call"):
            self.calls += 1
            if self.calls == self._number:
                die()


class Trials:
    """Requests with keys, in processes that may die."""

    def __init__(self, settings: dict[str, Any]) -> None:
        config = Configurator(settings=settings)
        cliquet.initialize(config, "1.0")
        callback = resource.register_resource(Note)
        callback(type("Scan", (), {"config": config}), "Note", Note)
        for each in (ResourceChanged, AfterResourceChanged):
            config.add_subscriber(self._die_at(each), each)
        self.app = TestApp(config.make_wsgi_app())
        self.fatal: type | None = None

    def _die_at(self, event_class: type) -> Any:
        return lambda event: die() if self.fatal is event_class else None

    def send(self, key: str) -> Any:
        """Send the request of a key."""
        return self.app.post_json(
            PATH,
            {"data": {"name": key}},
            headers={**HEADERS, "Idempotency-Key": key},
            expect_errors=True,
        )

    def send_and_die(self, key: str, number: int) -> None:
        """Send it, and die at a call: in a child, which ends."""

        def work() -> None:
            sys.setprofile(Countdown(number))
            try:
                self.send(key)
            finally:
                sys.setprofile(None)

        self.in_child(work)

    def count_calls(self) -> int:
        """Return how many calls the first request of a process makes."""

        def work() -> int:
            counter = Countdown()
            sys.setprofile(counter)
            self.send("counted")
            sys.setprofile(None)
            return counter.calls

        return int(self.in_child(work))

    def retry(self, key: str) -> tuple[int, bool]:
        """Send it until it is not refused; return the status, and if it was known."""

        def work() -> tuple[int, bool]:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            answer = self.send(key)
            while answer.status_code == 409 and time.monotonic() < deadline:
                time.sleep(0.002)
                answer = self.send(key)
            return answer.status_code, REPLAYED in answer.headers

        status, known = self.in_child(work)
        return status, known

    def names(self) -> list[str]:
        """Return the names of all records."""

        def work() -> list[str]:
            answer = self.app.get(PATH, headers=HEADERS)
            return [each["name"] for each in answer.json["data"]]

        found: list[str] = self.in_child(work)
        return found

    @staticmethod
    def in_child(work: Any) -> Any:
        """Return what a function returns in a child, None if that dies."""
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            status = 1
            try:
                with os.fdopen(writer, "w") as stream:
                    json.dump(work(), stream)
                status = 0
            finally:
                os._exit(status)
        os.close(writer)
        with os.fdopen(reader) as stream:
            told = stream.read()
        os.waitpid(child, 0)
        return json.loads(told) if told else None


def run(settings: dict[str, Any], count: int, seed: int) -> dict[str, Any]:
    """Kill as many processes, and return what became of their requests."""
    trials = Trials(settings)
    calls = trials.count_calls()
    chance = random.Random(seed)
    keys = [f"key-{number}" for number in range(count)]
    outcomes = {}
    for event_class in (ResourceChanged, AfterResourceChanged):
        trials.fatal, key = event_class, event_class.__name__
        assert trials.in_child(lambda key=key: trials.send(key).status_code) is None
        trials.fatal = None
        outcomes[key] = trials.retry(key)
    for key in keys:
        # Some are past the last call: their answer is lost on the way.
        trials.send_and_die(key, chance.randrange(1, calls + calls // 20))
        outcomes[key] = trials.retry(key)
    return {"calls": calls, "outcomes": outcomes, "names": trials.names()}


if __name__ == "__main__":
    order = json.loads(sys.argv[1])
    print(json.dumps(run(order["settings"], order["count"], order["seed"])))
