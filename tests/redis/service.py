"""A service on several servers, and clients that write all the time."""

import threading

from pyramid.config import Configurator
from webtest import TestApp

from cliquet.tests.testapp import main as build_app
from tests.redundant import wait_until
from tests.sync.proof import HEADERS, settings_for

LIST = "/v0/mushrooms"
BODY = {"data": {"name": "a"}}


def serve(url, **settings):
    settings = {**settings_for("redis", url), **settings}
    return TestApp(build_app(config=Configurator(settings=settings)))


def stored(app):
    return {each["id"] for each in app.get(LIST, headers=HEADERS).json["data"]}


def is_back(app):
    return app.get(LIST, headers=HEADERS, status="*").status_int == 200


def key_of_records(app):
    """Return the key of the timestamp of the collection that clients write."""
    user = app.get("/v0/", headers=HEADERS).json["user"]["id"]
    return f"{{{user}}}mushroom.{user}.timestamp"


class Load:
    """Clients that create records all the time, and know which were acknowledged."""

    def __init__(self, app, clients):
        self.app = app
        self.acknowledged, self.refused = [], []
        self.is_over = threading.Event()
        self._threads = [threading.Thread(target=self.run) for _ in range(clients)]

    def run(self):
        while not self.is_over.is_set():
            answer = self.app.post_json(LIST, BODY, headers=HEADERS, status="*")
            if answer.status_int == 201:
                self.acknowledged.append(answer.json["data"]["id"])
            else:
                self.refused.append(answer)

    def wait_for_more(self, count):
        wanted = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= wanted)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *failure):
        self.stop()

    def stop(self):
        """End when the requests that were sent are answered."""
        self.is_over.set()
        for thread in self._threads:
            thread.join()


def check_that_it_went_on(app, load, replicated):
    """Nothing is lost that replicas had; what was refused was told so, and that is over.

    Return what is stored.
    """
    found = stored(app)
    assert replicated <= found
    assert load.refused
    for answer in load.refused:
        assert answer.status_int == 503
        assert "Retry-After" in answer.headers
    wait_until(lambda: is_back(app))
    assert set(app.get("/v0/__heartbeat__").json.values()) == {True}
    return found
