"""The listener that pushes payloads to a Redis list."""

import json

import pytest
import redis

from cliquet.listeners.redis import Listener
from tests.contract.backends import APP_ENGINES
from tests.contract.history import ResourceChanged, Service

MEMORY = next(each for each in APP_ENGINES if each.id == "memory")
ENTRIES = [
    ("POST", f"/projects/{project}/tasks", user, {"data": {"n": 1}}, {})
    for project, user in [("a", "alice"), ("b", "alice"), ("a", "bob"), ("a", "alice")]
]


def listen(url, **more):
    settings = {
        "event_listeners": "redis",
        "event_listeners.redis.use": "cliquet.listeners.redis",
        "event_listeners.redis.url": url,
        **{f"event_listeners.redis.{name}": value for name, value in more.items()},
    }
    return Service(MEMORY, "", [ResourceChanged], **settings)


@pytest.mark.parametrize("delivery", ["in_transaction", "after_commit"])
def test_each_event_is_pushed_once(services, delivery):
    url = services.new_redis_url()
    service = listen(url, delivery=delivery, listname="told")
    service.batch(*ENTRIES, status=200)
    client = redis.Redis.from_url(url)

    pushed = [json.loads(client.brpop("told", timeout=60)[1]) for _ in range(3)]

    assert client.llen("told") == 0
    assert pushed == [event.payload for event in service.told(ResourceChanged)]
    told = [(each["project_id"], each["user_id"], each["uri"]) for each in pushed]
    alice, bob = service.users["alice"], service.users["bob"]
    assert told == [
        ("a", alice, "/projects/a/tasks"),
        ("b", alice, "/projects/b/tasks"),
        ("a", bob, "/projects/a/tasks"),
    ]


def test_only_chosen_actions_are_pushed(services):
    url = services.new_redis_url()
    service = listen(url, actions="delete read", resources="note")
    service.batch(*ENTRIES)
    service.send("POST", "/notes", body={"data": {"n": 1}})
    service.send("GET", "/notes")
    service.send("DELETE", "/notes")
    client = redis.Redis.from_url(url)

    pushed = [json.loads(each) for each in client.lrange("cliquet.events", 0, -1)]

    assert [each["action"] for each in pushed] == ["delete", "read"]


def test_a_server_that_is_away_is_logged(caplog, services):
    service = listen("redis://127.0.0.1:1/0")

    service.send("POST", "/notes", body={"data": {"n": 1}}, status=201)

    assert "Unable to send the payload to Redis" in caplog.text


ENDLESS: dict = {}
ENDLESS["a"] = ENDLESS


@pytest.mark.parametrize("payload", [{"a": object()}, ENDLESS], ids=["odd", "endless"])
def test_a_payload_that_is_no_json_is_logged(caplog, payload):
    class Event:
        pass

    event = Event()
    event.payload = payload

    Listener(None, "told")(event)

    assert "Unable to dump the payload" in caplog.text
