"""What events tell of random programs, one after the other, is what is stored.

``--programs 2000`` for the long run.
"""

import random
import uuid
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from pyramid.httpexceptions import HTTPInsufficientStorage
from transaction.interfaces import TransientError

from cliquet.events import AfterResourceChanged, ResourceChanged
from tests.contract.history import Replay, Service

IDS = [str(uuid.UUID(int=number, version=4)) for number in range(1, 3)]
LISTS = ["/notes", "/projects/a/tasks", "/projects/b/tasks"]
TRANSACTIONS = ("sqlite", "postgresql")

FAULTS = [
    (ResourceChanged, HTTPInsufficientStorage()),
    (ResourceChanged, TransientError()),
    (ResourceChanged, ValueError("no")),
    (AfterResourceChanged, ValueError("too late")),
]


class Programs:
    """Random requests and batches: dense, as most of what hypothesis draws is refused.

    Args:
        seed: Of all that is drawn.
        bob: Id of a user with whom records are shared.
        fails: Requests and subscribers fail when something was written.
    """

    def __init__(self, seed: int, *, bob: str, fails: bool) -> None:
        self._random, self._bob = random.Random(seed), bob
        self._fails = fails
        self._paths, self._ids = LISTS, IDS

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance

    def program(self) -> list[tuple[list[Any], Any]]:
        """Steps: the entries of a batch, or one request; what goes wrong at its end."""
        steps = self._random.randint(3, 6)
        return [(self._step(), self._fault()) for _ in range(steps)]

    def _step(self) -> list[Any]:
        size = self._random.randint(3, 8) if self._happens(0.5) else 1
        # Often all about one record.
        self._paths = [self._random.choice(LISTS)] if self._happens(0.5) else LISTS
        self._ids = IDS[:1] if self._happens(0.5) else IDS
        return [self._entry() for _ in range(size)]

    def _fault(self) -> Any:
        if not self._happens(0.15):
            return None
        return self._random.choice(FAULTS if self._fails else FAULTS[-1:])

    def _entry(self) -> tuple[Any, ...]:
        """One request: method, path, user, body and headers."""
        choose = self._random.choice
        method = choose(["POST", "PUT", "PUT", "PATCH", "PATCH", "DELETE", "GET"])
        path, target, body = choose(self._paths), choose(self._ids), None
        if method in ("POST", "PUT", "PATCH"):
            body = {"data": self._fields()}
            if path != "/notes" and self._happens(0.5):
                body["permissions"] = {
                    "write": [self._bob],
                    "read": ["system.Everyone"],
                }
        if method == "POST" and body and self._happens(0.5):
            body["data"]["id"] = target
        elif method in ("PUT", "PATCH") or (method != "POST" and self._happens(0.6)):
            path = f"{path}/{target}"
        elif method == "DELETE":
            path += choose(["", "?n=0", "?in_n=1,2", "?_since=6", "?n=7"])
        user = "alice" if self._happens(0.75) else "bob"
        return method, path, user, body, self._headers()

    def _fields(self) -> dict[str, Any]:
        drawn = {
            "n": self._random.randint(0, 2),
            "deep": {"x": [self._random.randint(0, 2)]},
            "last_modified": self._random.choice([5, 1_500_000_000_000]),
        }
        chances = {"n": 0.7, "deep": 0.3, "last_modified": 0.1}
        return {name: drawn[name] for name in drawn if self._happens(chances[name])}

    def _headers(self) -> dict[str, str]:
        drawn = {
            "If-Match": ('"1"', 0.05),
            "If-None-Match": ("*", 0.05),
            "Response-Behavior": (self._random.choice(["light", "diff"]), 0.3),
            "X-Refuse": ("1", 0.05 * self._fails),
            "X-Fail": ("1", 0.03 * self._fails),
        }
        return {name: text for name, (text, chance) in drawn.items()
                if self._happens(chance)}  # fmt: skip


def run(service: Service, step: list[Any], fault: Any) -> None:
    service.faults = [fault] if fault else []
    if len(step) == 1:
        method, path, user, body, sent = step[0]
        answer = service.send(method, path, user, body=body, headers=sent)
    else:
        answer = service.batch(*step)
    note(f"{step} {fault} -> {answer.status_int} {answer.text}")
    service.faults = []


@pytest.fixture(scope="module")
def service(engine: Any, engine_url: str) -> Any:
    made = Service(engine, engine_url)
    yield made
    made.flush()


def test_events_repeat_what_happened(
    service: Service, engine: Any, request: pytest.FixtureRequest
) -> None:
    counts: Counter[str] = Counter()
    fails = engine.id in TRANSACTIONS

    @settings(max_examples=request.config.getoption("--programs"))
    @given(st.integers(0, 2**32))
    def check(seed: int) -> None:
        service.flush()
        programs = Programs(seed, bob=service.users["bob"], fails=fails)
        for step, fault in programs.program():
            run(service, step, fault)
        stored = service.stored()
        during, after = Replay(), Replay()
        for each in service.history():
            during.apply(each["payload"], each["entries"])
        for event in service.told(AfterResourceChanged):
            after.apply(event.payload, event.impacted_records)
        assert during.records == stored
        assert after.records == stored
        assert during.changes == after.changes
        counts.update(programs=1, changes=after.changes)

    check()
    print(engine.id, dict(counts))
