"""What the page about events shows is true, on every engine."""

from pathlib import Path

import pytest

from cliquet.events import ACTIONS, ResourceChanged
from tests.contract.history import Service
from tests.docs.test_readme import code_blocks

PAGE = (Path(__file__).parents[2] / "docs" / "events.rst").read_text()


@pytest.fixture
def service(engine, engine_url, importable, tmp_path):
    (tmp_path / "counting_plugin.py").write_text("\n".join(code_blocks(PAGE, "python")))
    importable(tmp_path)
    made = Service(engine, engine_url, [ResourceChanged], includes="counting_plugin")
    yield made
    made.flush()


def test_the_example_counts(service):
    def task(project, **fields):
        return ("POST", f"/projects/{project}/tasks", "alice", {"data": fields}, {})

    service.batch(task("a"), task("b"), task("a", done=True), task("a"), task("b"))
    first = service.told(ResourceChanged)[0].impacted_records[0]["new"]["id"]
    path = f"/projects/a/tasks/{first}"
    service.send("PATCH", path, body={"data": {"done": True}}, status=200)
    service.send("PATCH", path, body={"data": {"done": False}}, status=200)
    service.send("DELETE", path, status=200)
    service.send("DELETE", "/projects/b/tasks", status=200)

    counted, _ = service.registry.storage.get_all("open-tasks", "")
    assert {each["id"]: each["count"] for each in counted} == {"a": 1, "b": 0}


def test_the_keys_of_entries_and_payloads_are_those_told(service):
    rows = PAGE.split("    * - ``")
    told = {}
    for row in rows[1:]:
        action, _, text = row.partition("``")
        told[action] = {
            word for word in ("new", "old", "before") if f"``{word}``:" in text
        }

    path = "/projects/a/tasks"
    record = service.send("POST", path, body={"data": {}}).json["data"]
    service.send("PUT", f"{path}/{record['id']}", body={"data": {}}, status=200)
    service.send("DELETE", path, status=200)

    events = service.told(ResourceChanged)
    assert [each.payload["action"] for each in events] == ["create", "update", "delete"]
    for event in events:
        (entry,) = event.impacted_records
        assert set(entry) == told[event.payload["action"]]
        known = {"project_id", "task_id"}
        assert {*event.payload} - known <= told.keys()
    assert told.keys() >= {each.value for each in ACTIONS if each is not ACTIONS.READ}
