"""Groups of users: `config.include("cliquet.groups")` (docs: permissions-groups).

A group is a record of a shareable resource: who may write it says who its members are.
They have the principal `group:/groups/<id>`, from the very step in which it is stored.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

import colander
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden

from cliquet import authorization
from cliquet.bounds import MAX_MEMBERS, MAX_PRINCIPAL
from cliquet.declarations.nesting import follows_path
from cliquet.engines.joint import JointWrite
from cliquet.engines.overrides import takes_keyword
from cliquet.nodes.binding import ignores_bindings
from cliquet.protocol.routing import collection_path
from cliquet.resource.cascade import FindObjectId, deleted_records
from cliquet.resource.model import ShareableModel
from cliquet.resource.registration import register_resource
from cliquet.resource.schema import ResourceSchema
from cliquet.resource.shareable import ShareableResource
from cliquet.storage.cascade import Deletion
from cliquet.storage.exceptions import UnicityError
from cliquet.storage.generators import Generator
from cliquet.storage.query import COMPARISON, Condition, Filter
from cliquet.types import Principal, Record, Request, Timestamp

_MEMBERS = "members"


@ignores_bindings
def _check_member(node: Any, value: str) -> None:
    policy, colon, userid = value.partition(":")
    if len(value.encode()) > MAX_PRINCIPAL:
        raise colander.Invalid(node, f"Longer than {MAX_PRINCIPAL} bytes")
    if policy == "group" and colon:
        raise colander.Invalid(node, "Groups cannot be members of groups")
    if not (policy and colon and userid):
        raise colander.Invalid(
            node, "Is not the id of a user, as the root URL shows it"
        )


@ignores_bindings
def _check_number(node: Any, value: Sequence[str]) -> None:
    if len(value) > MAX_MEMBERS:
        raise colander.Invalid(node, f"Number of members is limited to {MAX_MEMBERS}")


def _distinct(members: Any) -> Any:
    """Return members without repetition, as they were sent."""
    return members if members is colander.null else list(dict.fromkeys(members))


class GroupSchema(ResourceSchema):
    """Ids of users, and whatever else a service tells of a group."""

    members = colander.SchemaNode(
        colander.Sequence(),
        colander.SchemaNode(colander.String(), validator=_check_member),
        preparer=_distinct,
        validator=_check_number,
        missing=[],
    )

    class Options:
        """Services add a title, or what they like."""

        preserve_unknown = True


class GroupNames(Generator):
    """Ids that clients may choose: letters, digits, `-` and `_`."""

    def __call__(self) -> str:
        return str(uuid4())


class GroupModel(ShareableModel):
    """Groups, whose members are written along with them.

    Attributes:
        replaced: The group that is replaced by the next write, as it was read.
    """

    replaced: Record | None = None

    def create_record(
        self,
        record: Record,
        parent_id: str | None = None,
        unique_fields: tuple[str, ...] | None = None,
    ) -> Record:
        """Create a group, and have its members join it."""
        self._changes = _Changes(self, joining=record)
        return super().create_record(record, parent_id, unique_fields)

    def update_record(
        self,
        record: Record,
        parent_id: str | None = None,
        unique_fields: tuple[str, ...] | None = None,
    ) -> Record:
        """Replace a group; those who are no longer members leave it."""
        replaced, self.replaced = self.replaced, None
        if replaced is None:
            replaced = self.get_record(record[self.id_field], parent_id)
        self._changes = _Changes(self, joining=record, leaving=[replaced])
        return super().update_record(record, parent_id, unique_fields)

    def delete_record(
        self,
        record_id: Record,
        parent_id: str | None = None,
        last_modified: Timestamp | None = None,
    ) -> Record:
        """Delete a group, though it is called `record_id`, which all members leave."""
        if _MEMBERS not in record_id:
            record_id = self.get_record(record_id[self.id_field], parent_id)
        self._changes = _Changes(self, leaving=[record_id])
        return super().delete_record(record_id, parent_id, last_modified)

    def delete_records(
        self, filters: Sequence[Filter] | None = None, parent_id: str | None = None
    ) -> list[Record]:
        """Delete groups, which all of their members leave."""
        if takes_keyword(self.storage, "delete_all", "before"):
            before: list[Record] = [] if self.before is None else self.before
            self.before = before
        else:
            # One of 3.1: it cannot tell in the same step.
            before, _ = self.get_records(filters=filters, parent_id=parent_id)
        self._changes = _Changes(self, leaving=before)
        return super().delete_records(filters, parent_id)

    def delete_below(
        self, parent_ids: Sequence[str], find_object_id: FindObjectId
    ) -> list[Deletion]:
        """Delete the groups of some parents, which all of their members leave."""
        deletions = super().delete_below(parent_ids, find_object_id)
        left = {
            (member, f"group:{find_object_id(parent_id, group[self.id_field])}")
            for parent_id, group in deleted_records(deletions)
            for member in group.get(_MEMBERS) or ()
        }
        if left:
            self._cache().joint_members(lambda _: (set(), left)).run([])
        return deletions

    def _join(self, joint: JointWrite) -> JointWrite:
        members = self._cache().joint_members(self._changes.of)
        return super()._join(joint.along(members))


class _Changes:
    """Who joins and who leaves, once it is known which groups are written.

    Args:
        model: Of the groups.
        joining: The group as it will be.
        leaving: Groups as they were; filled while they are deleted.
    """

    def __init__(
        self,
        model: GroupModel,
        joining: Record | None = None,
        leaving: Sequence[Record] = (),
    ) -> None:
        self._model = model
        self._joining = joining
        self._leaving = leaving

    def of(self, record_ids: Sequence[str]) -> tuple[set[Any], set[Any]]:
        """Return pairs of users and principals: those to add, those to remove."""
        added: set[tuple[str, Principal]] = set()
        if self._joining is not None:
            added.update(self._pairs(record_ids[0], self._joining))
        id_field, written = self._model.id_field, set(record_ids)
        removed = {
            pair
            for group in self._leaving
            if group[id_field] in written
            for pair in self._pairs(group[id_field], group)
        }
        return added, removed - added

    def _pairs(self, record_id: str, group: Record) -> Iterable[tuple[str, Principal]]:
        principal = f"group:{self._model.get_permission_object_id(record_id=record_id)}"
        return [(member, principal) for member in group.get(_MEMBERS) or ()]


class Group(ShareableResource):
    """Groups: subclass it to register them somewhere else, or with other fields."""

    default_model = GroupModel
    mapping = GroupSchema()
    model: GroupModel

    _ids = GroupNames()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.model.id_generator = self._ids

    @follows_path
    def get_parent_id(self, request: Request) -> str:
        """Return the path that the collection is below, empty at the root."""
        service = request.current_service
        if service.scope_path is not None:
            return super().get_parent_id(request)
        return collection_path(request, service).rpartition("/")[0]

    def _store(
        self, new: Record, existing: Record | None, condition: Condition | None
    ) -> Record:
        if existing is None:
            self._check_new_id(new.get(self.model.id_field))
        self.model.replaced = existing
        return super()._store(new, existing, condition)

    def _check_new_id(self, record_id: str | None) -> None:
        """Refuse the id of a deleted group: its principal may still be permitted much.

        Those may use it again who may write it without having written it.

        Raises:
            HTTPForbidden: It was deleted.
            UnicityError: It was created meanwhile.
        """
        if record_id is None:
            return
        same_id = Filter(self.model.id_field, record_id, COMPARISON.EQ)
        known, _ = self.model.get_records(filters=[same_id], include_deleted=True)
        for found in known:
            if not found.get(self.model.deleted_field):
                raise UnicityError(self.model.id_field, found)
            permitted = self._may_write_deleted(record_id)
            if not permitted:
                raise HTTPForbidden(result=permitted)

    def _may_write_deleted(self, record_id: str) -> Any:
        request, permitted = self.request, None
        group = self.model.get_permission_object_id(record_id=record_id)
        for object_id in (group.rpartition("/")[0], group):
            context = authorization.ObjectContext(request, "write", object_id)
            permitted = request.has_permission(authorization.DYNAMIC, context)
            if permitted:
                break
        return permitted


def includeme(config: Configurator) -> None:
    """Register groups at the path of the setting `groups_path`."""
    path = str(config.get_settings()["groups_path"])
    braced = path.replace("{", "{{").replace("}", "}}")
    register = register_resource(
        Group, name="group", collection_path=braced, record_path=f"{braced}/{{{{id}}}}"
    )
    register(_Scan(config), "Group", Group)


class _Scan:
    """What a scan hands to what it finds."""

    def __init__(self, config: Configurator) -> None:
        self.config = config
