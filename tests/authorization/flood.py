"""One client writes a record without pause; its owner revokes, once.

Counted are the trials in which the answer to the owner showed the revocation, and the
permission of the other one was stored afterwards nevertheless.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from webtest import TestApp

from tests.waiting import eventually

ALICE = {"Authorization": "Basic YWxpY2U6"}
MALLORY = {"Authorization": "Basic bWFsbG9yeTo="}
GROUP = "group:writers"


class Flood(NamedTuple):
    """What is sent without pause.

    Attributes:
        method: PATCH or PUT.
        body: Made of the ids of the owner and the other one.
        is_member: The record is shared with a group of the other one.
    """

    method: str
    body: Callable[..., Any]
    is_member: bool = False


def _fields(*both: str) -> Any:
    return {"data": {"title": str(time.time())}}


def _permissions(*both: str) -> Any:
    return {**_fields(), "permissions": {"read": both, "write": both}}


FLOODS = {
    "fields": Flood("patch", _fields),
    "permissions": Flood("patch", _permissions),
    "records": Flood("put", _permissions),
    "fields by a member of a group": Flood("patch", _fields, is_member=True),
}


class Trials:
    """Trials against one application.

    Attributes:
        revoked: How many revocations the owner saw.
        undone: How many of these were undone.
        seen: How often the flood was answered each status.
    """

    def __init__(self, application: Any) -> None:
        self.application = application
        self.permission = application.registry.permission
        client = TestApp(application)
        self.alice, self.mallory = (
            client.get("/v0/", headers=who).json["user"]["id"]
            for who in (ALICE, MALLORY)
        )
        self.revoked = 0
        self.undone = 0
        self.seen: Counter[int] = Counter()

    def run(self, count: int, clients: int, flood: Flood) -> None:
        """Run trials, each with a flood of some clients."""
        for number in range(count):
            self._try(f"/articles/r{number}", clients, flood)

    def _try(self, path: str, clients: int, flood: Flood) -> None:
        client = TestApp(self.application)
        other = GROUP if flood.is_member else self.mallory
        shared = {"permissions": {name: [other] for name in ("read", "write")}}
        own = {"permissions": {name: [self.alice] for name in ("read", "write")}}
        client.put_json(f"/v0{path}", {"data": {}, **shared}, headers=ALICE)
        stop = threading.Event()

        def send() -> None:
            mine = TestApp(self.application)
            while not stop.is_set():
                body = flood.body(self.alice, self.mallory)
                answer = getattr(mine, f"{flood.method}_json")(
                    f"/v0{path}", body, headers=MALLORY, expect_errors=True
                )
                self.seen[answer.status_int] += 1

        threads = [threading.Thread(target=send) for _ in range(clients)]
        for thread in threads:
            thread.start()
        self._let_them_send(clients)
        # It is refused while too many others write: as a client does, ask again.
        is_revoked = eventually(lambda: self._revoke(client, path, own))
        self._let_them_send(clients)
        stop.set()
        for thread in threads:
            thread.join()
        stored = self.permission.object_permissions(path)
        self.revoked += is_revoked
        self.undone += is_revoked and self.mallory in stored.get("write", ())

    def _let_them_send(self, clients: int) -> None:
        wanted = self.seen.total() + 2 * clients
        assert eventually(lambda: self.seen.total() >= wanted)

    def _revoke(self, client: TestApp, path: str, own: Any) -> bool:
        answer = client.patch_json(f"/v0{path}", own, headers=ALICE, expect_errors=True)
        assert answer.status_int in (200, 503)
        shown: Any = answer.json.get("permissions", {}).get("write")
        return bool(shown == [self.alice])
