"""What type checkers find in an application: each line that is marked, and no other."""

from typing import Any

import colander
from pyramid.events import subscriber

import cliquet
from cliquet import resource
from cliquet.events import ResourceChanged, ResourceRead
from cliquet.storage.generators import Generator
from cliquet.types import Record


class Schema(resource.ResourceSchema):
    name = colander.SchemaNode(colander.String(), mising="")
    pages = colander.SchemaNode(colander.Integer)  # wrong
    size = colander.SchemaNode(colander.Integer(), validator=3)  # wrong


@resource.register(colection_path="/tasks")  # wrong
class Task(resource.UserResource):
    mapping = Schema()

    def get_parent_id(self, request: cliquet.Request) -> int:  # wrong
        return request.matchdict["project"].count("a")


@resource.register(collection_methods=3)  # wrong
class Note(resource.UserResource):
    def process_record(self, new: Record) -> Record:  # wrong
        return new


class Numbers(Generator):
    def __call__(self) -> int:  # wrong
        return 3


service = cliquet.Service(name="service", path="/service")


@service.get(permission=3)  # wrong
def get_service(request: cliquet.Request) -> dict[str, Any]:
    request.registry.storage.get_everything()  # wrong
    user: str = request.prefixed_userid  # wrong
    return {"user": user, "who": request.prefixed_user}  # wrong


@service.post(validators="is_valid")
def post_service(request: cliquet.Request) -> dict[str, Any]:
    request.errors.ad("body")  # wrong
    return get_service("request")  # wrong


@subscriber(ResourceChanged)
def on_change(event: ResourceChanged) -> None:
    print(event.impacted_records[0]["now"])  # wrong
    print(event.read_records)  # wrong


@subscriber(ResourceRead)
def on_read(event: ResourceRead) -> int:
    return len(event.read_records) + event.request_id  # wrong
