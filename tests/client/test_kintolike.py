"""The scenarios of both clients, against a service of the shape of Kinto."""

import json
import uuid

import pytest

from cliquet.client import Client
from tests.client import kintolike
from tests.client.test_javascript import PACKAGE, run_javascript
from tests.client.test_scenarios import SCENARIOS, Player
from tests.contract.backends import APP_ENGINES
from tests.intermediaries.origin import Served
from tests.sync.proof import settings_for

pytestmark = pytest.mark.long_on("sqlite", "postgresql", "redis")

PRIVATE = [each for each in SCENARIOS if "collection" not in each]


@pytest.fixture(scope="module", params=APP_ENGINES, ids=lambda engine: engine.id)
def url(request, services, tmp_path_factory):
    engine = request.param
    place = engine.url(services, tmp_path_factory.mktemp("kintolike"))
    settings = settings_for(engine.id, place)
    engine.prepare(settings)
    served = Served(kintolike.main(**settings))
    yield f"{served.url}/v0"
    served.close()


@pytest.mark.long
@pytest.mark.parametrize("scenario", PRIVATE, ids=lambda each: each["name"])
def test_scenarios(scenario, url, tmp_path, waits):
    path = kintolike.PATH.format(bucket=uuid.uuid4())
    player = Player(url, tmp_path, waits, path)
    try:
        player.make_above()
        for step in json.loads(json.dumps(scenario["steps"])):
            player.play(*step)
    finally:
        player.close()


@pytest.mark.long
def test_scenarios_of_the_javascript_client(url):
    run_javascript(
        [PACKAGE / "test" / "scenarios.test.js"],
        CLIQUET_TEST_URL=url,
        CLIQUET_TEST_NOTES=kintolike.PATH,
    )


def test_what_is_shared_is_seen_through_the_permissions_of_what_is_above(url, waits):
    bucket = f"shared-{uuid.uuid4()}"
    with (
        Client(url, ("alice", "secret"), sleep=waits) as alice,
        Client(url, ("bob", "secret"), sleep=waits) as bob,
    ):
        name = bob.info()["user"]["id"]
        alice.collection("buckets").replace(bucket, {}, {"read": [name]})
        collections = f"buckets/{bucket}/collections"
        alice.collection(collections).replace("notes", {})
        records = f"{collections}/notes/records"
        made = alice.collection(records).create({"title": "Tea"})

        assert [each["title"] for each in bob.collection(records).list()] == ["Tea"]
        assert bob.collection(records).get(made["id"]).timestamp == made.timestamp
