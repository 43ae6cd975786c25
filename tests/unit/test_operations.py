"""Log lines, metrics, listeners and middlewares."""

import json
import re
import socket
from types import SimpleNamespace

from cliquet import install_middlewares
from cliquet.listeners.redis import Listener
from cliquet.logs import ClassicLogRenderer, MozillaHekaRenderer
from cliquet.statsd import Client, statsd_count

SETTINGS = {"project_name": "kinto"}


def test_classic_lines_show_the_request_first():
    line = ClassicLogRenderer(SETTINGS)(
        None, "info",
        {"method": "GET", "path": "/v1/", "querystring": {"_sort": "field"}, "code": 200,
         "t": 32, "event": "app.event", "nb_records": 5},
    )  # fmt: skip

    plain = re.sub(r"\x1b\[\d+m", "", line)
    assert plain == '"GET   /v1/?_sort=field" 200 (32 ms) app.event nb_records=5'


def test_heka_lines_are_json():
    line = MozillaHekaRenderer(SETTINGS)(
        None, "error", {"event": "oops", "a": [1, 2], "b": ["x"], "c": {"d": 1}, "e": 5}
    )

    body = json.loads(line)
    assert body["Type"] == "oops"
    assert body["Severity"] == 2
    assert body["Logger"] == "kinto"
    assert body["EnvVersion"] == "2.0"
    assert body["Fields"] == {"a": "[1,2]", "b": ["x"], "c": '{"d":1}', "e": 5}


def test_metrics_reach_a_server():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(60)
        client = Client("127.0.0.1", server.getsockname()[1], "prefix")
        request = SimpleNamespace(registry=SimpleNamespace(statsd=client))

        statsd_count(request, "view.hello.GET")
        assert server.recv(100) == b"prefix.view.hello.GET:1|c"
        client.count("users", unique="alice")
        assert server.recv(100) == b"prefix.users:alice|s"
        client._client.close()


def test_the_redis_listener_pushes_payloads(services):
    import redis

    client = redis.Redis.from_url(services.redis_url())
    listener = Listener(client, "cliquet.test.events")

    listener(SimpleNamespace(payload={"action": "create"}))
    listener(SimpleNamespace(payload={"action": object()}))

    assert json.loads(client.rpop("cliquet.test.events")) == {"action": "create"}
    assert client.rpop("cliquet.test.events") is None
    client.close()


def test_the_redis_listener_never_fails():
    class Away:
        def lpush(self, *args):
            raise ConnectionError

    Listener(Away(), "events")(SimpleNamespace(payload={}))


def test_nothing_is_wrapped_unless_asked(tmp_path):
    def app(environ, start_response):
        return []

    assert install_middlewares(app, {}) is app
    settings = {"profiler_enabled": True, "profiler_dir": str(tmp_path)}
    assert install_middlewares(app, settings) is not app
