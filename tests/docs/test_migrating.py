"""What the page on migration says of records and names that come from Kinto."""

import re
from importlib import import_module

import pytest

from cliquet.settings import SETTINGS
from cliquet.storage.generators import Generator
from tests.docs.test_readme import ROOT, code_blocks

PAGE = (ROOT / "docs" / "migrating.rst").read_text()
KINTO = PAGE.split(".. _migrating-kinto:")[1]
SERVICE = f"""
import colander
from cliquet import resource

{code_blocks(KINTO, "python")[0]}

class Plain(resource.ResourceSchema):
    title = colander.SchemaNode(colander.String())


@resource.register(name="plain")
class PlainResource(resource.ShareableResource):
    mapping = Plain()
"""
INI = """id_generator = tests.docs.test_migrating.KintoIds
plain_create_principals = system.Authenticated
task_create_principals = system.Authenticated
"""
#: As Kinto has it: an id of its alphabet, a timestamp of years ago.
RECORD = {"id": "My_task-1", "title": "Tea", "last_modified": 1500000000001}


class KintoIds(Generator):
    def __call__(self):
        return "new"


@pytest.mark.parametrize(("name", "keeps"), [("tasks", True), ("plains", False)])
def test_records_of_kinto_are_moved_by_batches(serve, name, keeps):
    app = serve([SERVICE], [INI])
    app.authorization = ("Basic", ("alice", "secret"))
    body = {"data": RECORD, "permissions": {"read": ["basicauth:bob"]}}
    path = f"/v1/{name}/{RECORD['id']}"
    entry = {"method": "PUT", "path": path, "body": body}

    (answer,) = app.post_json("/v1/batch", {"requests": [entry]}).json["responses"]

    assert answer["status"] == 201
    moved = answer["body"]
    assert moved["permissions"]["read"] == ["basicauth:bob"]
    assert (moved["data"]["last_modified"] == RECORD["last_modified"]) is keeps


def test_what_kinto_maps_to_is_there():
    table = KINTO.split("What is missing")[0]
    settings = set(re.findall(r"``(\w+)(?: = \w+)?``", table)) & SETTINGS.keys()
    modules = re.findall(r"``(cliquet\.[a-z.]+)``", table)

    assert settings >= {
        "write_implies_read", "inherit_permissions", "groups_path", "total_records",
    }  # fmt: skip
    assert {each.rstrip(".") for each in modules} >= {"cliquet.groups"}
    for name in modules:
        import_module(name.rstrip("."))
