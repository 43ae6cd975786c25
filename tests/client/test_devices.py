"""A model checker: several devices, at random, over a network that loses answers.

After quiescence all copies equal the server, and each change that was made on a device
was seen by the server, or was told as a conflict, or was replaced by a later one of the
same device before it could be pushed.
"""

import random
import uuid
from typing import Any

import pytest

from cliquet.client import Found, UnreachableError
from tests.client.network import Network

pytestmark = pytest.mark.long_on("sqlite", "postgresql", "redis")

IDS = [str(uuid.UUID(int=n, version=4)) for n in range(4)]
DEVICES = 3
STEPS = 40


class Crash(BaseException):
    """The process of a device ends."""


class World:
    """What happened: each name is given once, so that each change can be followed."""

    def __init__(self, chance: random.Random, collection: Any) -> None:
        self.chance = chance
        self.collection = collection
        self.made: dict[tuple[Any, str], str] = {}
        self.seen: set[str] = set()
        self.told: set[str] = set()
        self._number = 0
        self._since = 0

    def new_name(self) -> str:
        self._number += 1
        return f"name {self._number}"

    def look(self) -> None:
        """Note what the server has: one device wrote since, each record once."""
        changed = list(self.collection.list(since=self._since))
        self._since = self.collection.timestamp
        self.seen.update(each["name"] for each in changed if not each.deleted)

    @property
    def lost(self) -> set[str]:
        """Last changes of devices that neither the server nor anybody was told of."""
        return {*self.made.values()} - self.seen - self.told


class Device:
    def __init__(self, world: World, collection: Any, network: Network, path: Any):
        self.world = world
        self.network = network
        self.copy = collection.local(path)
        self._open = lambda: collection.local(path)

    def edit(self) -> None:
        record_id = self.world.chance.choice(IDS)
        present = {each["id"]: each for each in self.copy.list()}
        if record_id in present and self.world.chance.random() < 0.25:
            self.copy.delete(record_id)
            self.world.made.pop((self, record_id), None)
            return
        name = self.world.new_name()
        self.copy.put({**present.get(record_id, {}), "id": record_id, "name": name})
        self.world.made[self, record_id] = name

    def sync(self, loss: float) -> None:
        """Synchronise, over a network that loses some; perhaps end in the middle."""

        def fate(_number: int) -> str | None:
            if self.world.chance.random() >= loss:
                return None
            kind: str = self.world.chance.choice(["lost", "unsent", "crash", "edit"])
            if kind == "crash":
                raise Crash
            if kind == "edit":
                self.edit()
                return None
            return kind

        self.network.fate = fate
        strategy = self.world.chance.choice(["server", "client", self._merge])
        try:
            result = self.copy.sync(strategy)
        except Crash:
            self.copy.close()
            self.copy = self._open()
        except UnreachableError:
            pass
        else:
            assert result.refused == []
            told = [found.local for found in result.conflicts]
            self.world.told.update(local["name"] for local in told if local)

    @staticmethod
    def _merge(found: Found) -> Any:
        if found.local is None or found.remote is None or found.remote.deleted:
            return found.local
        return {**found.remote, "name": found.local["name"]}


@pytest.fixture
def run(application, make_client, tmp_path):
    """Run a program; return what happened."""

    def run(seed: int) -> World:
        for kind in ("storage", "permission", "cache"):
            getattr(application.registry, kind).flush()
        chance = random.Random(seed)
        world = World(chance, make_client().collection("mushrooms"))
        devices = []
        for number in range(DEVICES):
            network = Network(application)
            collection = make_client(network=network).collection("mushrooms")
            path = tmp_path / f"{seed}-{number}.sqlite"
            devices.append(Device(world, collection, network, path))
        for _ in range(STEPS):
            device = chance.choice(devices)
            if chance.random() < 0.6:
                device.edit()
            else:
                device.sync(loss=0.25)
            world.look()
        for _ in range(2):
            for device in devices:
                device.sync(loss=0.0)
                world.look()
        records = sorted(world.collection.list(), key=lambda each: each["id"])
        for device in devices:
            assert device.copy.pending() == 0
            assert device.copy.list() == records
            device.copy.close()
        return world

    return run


@pytest.mark.parametrize(
    "share", [0.3, pytest.param(1.0, marks=pytest.mark.long)], ids=["few", "many"]
)
def test_devices_agree_and_no_change_is_lost_silently(run, request, share):
    """`--programs` random programs of 40 steps, more in the long run."""
    programs = int(request.config.getoption("--programs") * share)
    changes = 0
    for seed in range(programs):
        world = run(seed)
        assert world.lost == set(), f"program {seed}"
        changes += len(world.seen | world.told)
    # Programs in which nothing happens would prove nothing.
    assert changes > programs
