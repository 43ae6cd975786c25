"""Resources below others: the record above, and what is deleted with a record."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pyramid.httpexceptions import HTTPForbidden

from cliquet.authorization import DYNAMIC, ObjectContext
from cliquet.declarations.nesting import Branch, Tree, read_values
from cliquet.events import ACTIONS
from cliquet.framework.subrequests import derive_request
from cliquet.object_ids import quote_path
from cliquet.protocol.routing import below_version, record_path, scope_path
from cliquet.resource import payload, responses
from cliquet.resource.model import Model
from cliquet.resource.told import is_watched, stack_event
from cliquet.storage.cascade import Deletion
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.storage.query import Scope
from cliquet.types import Record, Request

#: Between a path and the user whose records are below it: no path has one.
_OF_USER = "#"


# --- The record above ------------------------------------------------------------


class Place(NamedTuple):
    """A record that others are below.

    Attributes:
        parent_id: The parent of those below it.
        object_id: Its path.
    """

    parent_id: str
    object_id: str


class Above:
    """The record that those of a request are below.

    Args:
        request: Of a resource that has a parent.
        branch: How it is below its parent.
    """

    def __init__(self, request: Request, branch: Branch) -> None:
        values = branch.values_of_parent(request.matchdict)
        self._object_id = quote_path(branch.parent.record_path.format(**values))
        self._request = _derive(request, branch.parent, self._object_id, values)
        self._branch = branch
        self._resource = branch.parent.resource(request=self._request)

    @classmethod
    def of(cls, request: Request) -> "Above | None":
        """Return the record above, None if there is no parent resource."""
        service: Any = getattr(request, "current_service", None)
        if not isinstance(getattr(service, "scope_path", None), str):
            return None
        known: Any = getattr(request, "record_above", None)
        if known is None:
            branch = Tree.of(request.registry).above(service.resource_name)
            if branch is None:
                return None
            known = cls(request, branch)
            request.record_above = known  # type: ignore[attr-defined]
        found: Above = known
        return found

    def parent_id(self, user_id: str | None) -> str:
        """Return the parent of the records, of those of a user if each has theirs."""
        scope = scope_path(self._request)
        place = _place(self._resource.model.parent_id, scope, self._object_id)
        added = f"{_OF_USER}{user_id}" if self._branch.adds_user else ""
        return place.parent_id + added

    def place_in(self, storage: Any) -> tuple[Scope, str] | None:
        """Return what a storage finds it by, if it is the one that has it."""
        model = self._resource.model
        if model.storage is not storage or model.parent_id is None:
            return None
        return Scope(model.collection_id, model.parent_id), self._resource.record_id

    def check(self) -> None:
        """Look whether it is there, for those who may know.

        Raises:
            HTTPForbidden: The user may not read it.
            HTTPNotFound: There is none.
        """
        if not hasattr(self._branch.collection.resource, "permissions"):
            # Otherwise they were asked already: for a permission on what is below.
            self.check_readable()
        resource = self._resource
        payload.check_id(resource.record_id, resource.model.id_generator.match)
        try:
            # Its permissions are of no interest.
            Model.get_record(resource.model, resource.record_id)
        except RecordNotFoundError as error:
            raise responses.not_found() from error

    def check_readable(self) -> None:
        """Raise a 403 unless the user may read it, or what it is below itself."""
        if hasattr(self._resource, "permissions"):
            context = ObjectContext(self._request, "read", self._object_id)
            context.begin()
            permitted = self._request.has_permission(DYNAMIC, context)
            if not permitted:
                raise HTTPForbidden(result=permitted)
            return
        above = Above.of(self._request)
        if above is not None:
            above.check_readable()


def find_parent_id(request: Request, of_user: bool) -> str | None:
    """Return the parent of the records that a request is about.

    Args:
        request: The request.
        of_user: Each user has their own.
    """
    user_id = request.prefixed_userid if of_user else ""
    if user_id is None:
        return None
    path = scope_path(request)
    above = Above.of(request) if path else None
    if above is not None:
        return above.parent_id(user_id)
    return f"{path}{_OF_USER}{user_id}" if path and of_user else path or user_id


def _place(parent_id: str | None, scope: str, object_id: str) -> Place:
    """Return the place of a record: ids that may be those of others have parents.

    Args:
        parent_id: The parent of the record.
        scope: The path that this parent stands for, if it does.
        object_id: The path of the record.
    """
    return Place(f"{parent_id or ''}{object_id[len(scope) :]}", object_id)


def _derive(
    request: Request,
    service: Any,
    object_id: str,
    values: Mapping[str, Any],
    method: str = "GET",
) -> Request:
    """Return a request of the same user to something else, which is not sent."""
    path = below_version(request, object_id)
    derived: Any = derive_request(request, path=path, method=method)
    derived.parent = request
    derived.current_service, derived.matchdict = service, dict(values)
    for name in ("authn_type", "selected_userid", "request_id"):
        if hasattr(request, name):
            setattr(derived, name, getattr(request, name))
    found: Request = derived
    return found


# --- What is below ---------------------------------------------------------------


def delete_below(resource: Any, tombstones: Sequence[Record]) -> None:
    """Delete what is below records that were deleted, at every depth.

    With permissions and members of groups; events tell of it as if each collection had
    been deleted.
    """
    request, model = resource.request, resource.model
    service = getattr(request, "current_service", None)
    name = getattr(service, "resource_name", None)
    if not tombstones or not isinstance(name, str):
        return
    tree = Tree.of(request.registry)
    if tree.below(name):
        scope, ids = scope_path(request), (each[model.id_field] for each in tombstones)
        paths = (record_path(request, each) for each in ids)
        places = [_place(model.parent_id, scope, path) for path in paths]
        _delete_below(request, tree, name, places)


def _delete_below(
    request: Request, tree: Tree, name: str, places: Sequence[Place]
) -> None:
    for branch in tree.below(name):
        deletions, below = _delete_branch(request, branch, places)
        if is_watched(request, ACTIONS.DELETE):
            for deletion, path in deletions:
                _tell(request, branch, deletion, path)
        if below:
            _delete_below(request, tree, branch.name, below)


def _delete_branch(
    request: Request, branch: Branch, places: Sequence[Place]
) -> tuple[list[tuple[Deletion, str]], list[Place]]:
    """Delete the records of one resource.

    Returns:
        What was deleted with the paths of the collections, and the places of the
        records.
    """
    model = _make(request, branch, places[0].object_id).model
    paths = {place.parent_id: place.object_id for place in places}
    if branch.adds_user:
        paths = _of_all_users(model, paths)
    template = branch.collection.record_path

    def find_object_id(parent_id: str, record_id: str) -> str:
        values = read_values(template, paths[parent_id])
        return quote_path(template.format(**{**values, "id": record_id}))

    deletions = model.delete_below(list(paths), find_object_id)
    below = [
        _place(
            parent_id, paths[parent_id], find_object_id(parent_id, each[model.id_field])
        )
        for (_, parent_id), _, tombstones, _ in deletions
        for each in tombstones
    ]
    return [(each, paths[each.scope.parent_id]) for each in deletions], below


def _of_all_users(model: Any, paths: Mapping[str, str]) -> dict[str, str]:
    """Return the parents of the records of each user, with the paths that they have."""
    beginnings = {f"{parent_id}{_OF_USER}": path for parent_id, path in paths.items()}
    found = model.storage.find_parents(model.collection_id, list(beginnings))
    return {
        parent_id: beginnings[beginning]
        for parent_id in found
        for beginning in _beginnings(parent_id)
        if beginning in beginnings
    }


def _beginnings(parent_id: str) -> list[str]:
    return [
        parent_id[: place + 1]
        for place, character in enumerate(parent_id)
        if character == _OF_USER
    ]


def _make(request: Request, branch: Branch, path: str) -> Any:
    """Return the resource of a collection that is below a record."""
    service, collection = branch.collection, path + branch.rest
    values = read_values(service.collection_path, collection)
    derived = _derive(request, service, collection, values, method="DELETE")
    return service.resource(request=derived)


def _tell(request: Request, branch: Branch, deletion: Deletion, path: str) -> None:
    """Stack the event of a deletion."""
    resource = _make(request, branch, path)
    resource.model.parent_id = deletion.scope.parent_id
    resource.timestamp = deletion.timestamp
    resource.told_before = deletion.records
    stack_event(resource, deletion.tombstones, ACTIONS.DELETE, None)
