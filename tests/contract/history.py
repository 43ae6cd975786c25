"""An application that keeps what events tell, and what it amounts to.

Notes belong to a user, tasks are shared and belong to a project.
"""

from collections.abc import Iterable
from typing import Any

import colander
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.events import (
    AfterResourceChanged,
    AfterResourceRead,
    ResourceChanged,
    ResourceRead,
)
from cliquet.storage.query import Scope, Sort
from tests.sync.proof import settings_for

CHANGES = (ResourceChanged, AfterResourceChanged)
READS = (ResourceRead, AfterResourceRead)
HISTORY = Scope("history", "")
USERS = {
    "alice": {"Authorization": "Basic YWxpY2U6"},
    "bob": {"Authorization": "Basic Ym9iOg=="},
}


class Schema(resource.ResourceSchema):
    """Any field."""

    n = colander.SchemaNode(colander.Integer(), missing=colander.drop)

    class Options:
        """Keep what is not declared."""

        preserve_unknown = True


class Refusing:
    """What is refused when it is written already: header `X-Refuse`."""

    request: Any

    def postprocess(self, *args: Any, **kwargs: Any) -> Any:
        body = super().postprocess(*args, **kwargs)  # type: ignore[misc]
        if "X-Refuse" in self.request.headers:
            raise HTTPForbidden
        if "X-Fail" in self.request.headers:
            raise RuntimeError("failed")
        return body


@resource.register()
class Note(Refusing, resource.UserResource):
    """Records of a user."""

    mapping = Schema()


@resource.register(
    collection_path="/projects/{{project_id}}/tasks",
    record_path="/projects/{{project_id}}/tasks/{{id}}",
)
class Task(Refusing, resource.ShareableResource):
    """Records of a project."""

    mapping = Schema()

    def get_parent_id(self, request: Any) -> str:
        return f"/projects/{request.matchdict['project_id']}"


@resource.register()
class Memo(resource.UserResource):
    """Records of whom a header names."""

    mapping = Schema()

    def get_parent_id(self, request: Any) -> str:
        return request.headers.get("X-Tenant", "")


class Service:
    """The application on one engine, with subscribers unless `listens` is empty."""

    def __init__(
        self, engine: Any, url: str, listens: Iterable[type] = CHANGES, **more: Any
    ):
        settings = {
            **settings_for(engine.id, url),
            "task_create_principals": "system.Authenticated",
            "batch_max_requests": 100,
            "retry.attempts": 3,
            **more,
        }
        engine.prepare(settings)
        config = Configurator(settings=settings)
        cliquet.initialize(config, version="0.0.1")
        config.scan("tests.contract.history")
        self.events: list[Any] = []
        self.faults: list[tuple[type, Any]] = []
        for kind in listens:
            config.add_subscriber(self._listen, kind)
        self.app = TestApp(config.make_wsgi_app())
        self.registry = config.registry
        self.users = {
            name: self.app.get("/v0/", headers=headers).json["user"]["id"]
            for name, headers in USERS.items()
        }

    def _listen(self, event: Any) -> None:
        if type(event) is ResourceChanged:
            # Committed with the change, or undone with it.
            entries = {"payload": event.payload, "entries": event.impacted_records}
            self.registry.storage.create(*HISTORY, record=entries)
        self.events.append(event)
        if self.faults and type(event) is self.faults[-1][0]:
            raise self.faults.pop()[1]

    def flush(self) -> None:
        for kind in ("storage", "permission", "cache"):
            getattr(self.registry, kind).flush()
        self.events.clear()
        self.faults.clear()

    def send(self, method: str, path: str, user: str = "alice", **options: Any) -> Any:
        """Send a request; any answer is fine, unless it is said which one."""
        body, status = options.pop("body", None), options.pop("status", "*")
        headers = {**USERS[user], **options.pop("headers", {})}
        if body is not None:
            options["params"] = body
            return getattr(self.app, f"{method.lower()}_json")(
                f"/v0{path}", headers=headers, status=status, **options
            )
        return self.app.request(
            f"/v0{path}", method=method, headers=headers, status=status, **options
        )

    def batch(self, *entries: Any, user: str = "alice", **options: Any) -> Any:
        requests = [
            {
                "method": method,
                "path": path,
                **({"body": body} if body is not None else {}),
                "headers": {**USERS[who], **headers},
            }
            for method, path, who, body, headers in entries
        ]
        body = {"requests": requests}
        return self.send("POST", "/batch", user, body=body, **options)

    def told(self, kind: type) -> list[Any]:
        return [event for event in self.events if type(event) is kind]

    def history(self) -> list[Any]:
        """Return what was stored with the changes, in the order of commits."""
        by_time = [Sort("last_modified", 1)]
        return self.registry.storage.get_all(*HISTORY, sorting=by_time)[0]

    def stored(self) -> dict[tuple[str, str, str], Any]:
        """Return all records but the history, by collection, parent and id."""
        storage, found = self.registry.storage, {}
        for scope in set(storage.scopes()) - {HISTORY}:
            records, _ = storage.get_all(*scope)
            for record in records:
                found[(*scope, record["id"])] = record
        return found


class Replay:
    """What there is after the changes that events tell of, one after the other."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str, str], Any] = {}
        self.changes = 0

    def apply(self, payload: Any, entries: Any) -> None:
        parents = {
            "note": payload["user_id"],
            "task": f"/projects/{payload.get('project_id')}",
        }
        scope = (payload["resource_name"], parents[payload["resource_name"]])
        for entry in entries:
            self.changes += 1
            getattr(self, f"_{payload['action']}")(scope, entry)

    def _create(self, scope: Any, entry: Any) -> None:
        assert set(entry) == {"new"}
        key = (*scope, entry["new"]["id"])
        assert key not in self.records
        self.records[key] = entry["new"]

    def _update(self, scope: Any, entry: Any) -> None:
        assert set(entry) == {"new", "old"}
        key = (*scope, entry["new"]["id"])
        assert self.records[key] == entry["old"]
        self.records[key] = entry["new"]

    def _delete(self, scope: Any, entry: Any) -> None:
        assert set(entry) == {"old", "before"}
        assert set(entry["old"]) == {"id", "last_modified", "deleted"}
        assert self.records.pop((*scope, entry["old"]["id"])) == entry["before"]
