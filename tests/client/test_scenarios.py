"""The scenarios that the JavaScript client runs too (`clients/scenarios.json`)."""

import json
import uuid
from pathlib import Path

import httpx
import pytest

from cliquet.client import Client, ClientError
from tests.client.network import Cuts, Network

SCENARIOS = json.loads(
    (Path(__file__).parents[2] / "clients" / "scenarios.json").read_text()
)
STRATEGIES = {
    "join": lambda found: {
        **found.remote,
        "title": f"{found.local['title']} {found.remote['title']}",
    }
}

pytestmark = pytest.mark.long_on("sqlite", "postgresql", "redis")


def title(record):
    return None if record is None else record.get("title")


class Player:
    def __init__(self, url, folder, waits, collection="notes"):
        self._url, self._folder, self._waits = url, folder, waits
        self._collection = collection
        # Others have records in a collection that is open to everybody.
        mark = uuid.uuid4().hex[:11] if collection == "pages" else "0" * 11
        self._ids = f"00000000-0000-4000-8000-{mark}"
        self._auth = f"user-{uuid.uuid4()}", "secret"
        self._clients, self._devices = [], {}
        self._server = self._new_client().collection(collection)

    def play(self, who, what, *how):
        if who == "server":
            getattr(self, f"_server_{what}")(*how)
        else:
            if who not in self._devices:
                network = Network(httpx.HTTPTransport())
                self._devices[who] = [network, self._open(who, network)]
            getattr(self, f"_device_{what}")(self._devices[who], *how)

    def close(self):
        for _, copy in self._devices.values():
            copy.close()
        for client in self._clients:
            client.close()

    def make_above(self):
        """Make the records that the collection is below, in services that have such."""
        names = self._collection.strip("/").split("/")
        client = self._new_client()
        for depth in range(1, len(names), 2):
            client.collection("/".join(names[:depth])).replace(names[depth], {})

    def _new_client(self, network=None):
        client = Client(self._url, self._auth, transport=network, sleep=self._waits)
        self._clients.append(client)
        return client

    def _open(self, who, network):
        records = self._new_client(network).collection(self._collection)
        return records.local(self._folder / f"{who}.sqlite")

    def _id_of(self, name):
        return f"{self._ids}{name}"

    def _titles(self, records):
        own = (each for each in records if each["id"].startswith(self._ids))
        return {each["id"][-1]: each["title"] for each in own}

    def _server_put(self, data):
        self._server.replace(self._id_of(data.pop("id")), data)

    def _server_delete(self, record_id):
        self._server.delete(self._id_of(record_id))

    def _server_has(self, expected):
        assert self._titles(self._server.list()) == expected

    def _device_put(self, device, data):
        record_id = self._id_of(data["id"])
        present = {each["id"]: each for each in device[1].list()}
        device[1].put({**present.get(record_id, {}), **data, "id": record_id})

    def _device_delete(self, device, record_id):
        device[1].delete(self._id_of(record_id))

    def _device_has(self, device, expected):
        assert self._titles(device[1].list()) == expected

    def _device_snapshots(self, device, expected):
        asked = [r for r in device[0].requests if "__snapshot__" in str(r.url)]
        assert len(asked) == expected
        assert all("Authorization" not in each.headers for each in asked)

    def _device_network(self, device, fates):
        if isinstance(fates, list):
            device[0].fate = Cuts(self._as_fate(device, each) for each in fates)
        else:
            device[0].fate = lambda _: fates

    def _as_fate(self, device, fate):
        if not isinstance(fate, dict):
            return fate
        if "edit" in fate:
            return lambda: self._device_put(device, fate["edit"])
        headers, body = fate.get("headers"), fate.get("body")
        return httpx.Response(fate["status"], headers=headers, json=body)

    def _device_reopen(self, device):
        (who,) = (name for name, each in self._devices.items() if each is device)
        device[1].close()
        device[1] = self._open(who, device[0])

    def _device_fails(self, device):
        with pytest.raises(ClientError):
            device[1].sync()

    def _device_sync(self, device, expected):
        strategy = expected.pop("strategy", "server")
        result = device[1].sync(STRATEGIES.get(strategy, strategy))
        told = {
            "pushed": result.pushed,
            "pulled": result.pulled,
            "conflicts": [
                [each.id[-1], title(each.local), title(each.remote), title(each.base)]
                for each in result.conflicts
            ],
            "refused": [[each.id[-1], each.error.status] for each in result.refused],
        }
        assert {name: told[name] for name in expected} == expected


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each["name"])
def test_scenarios(scenario, url, tmp_path, waits):
    options = {k: scenario[k] for k in ("collection",) if k in scenario}
    player = Player(url, tmp_path, waits, **options)
    try:
        for step in json.loads(json.dumps(scenario["steps"])):
            player.play(*step)
    finally:
        player.close()
