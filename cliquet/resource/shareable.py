"""Resources whose records are common to all users, and protected by permissions."""

from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPForbidden
from pyramid.settings import asbool

from cliquet import authorization
from cliquet.declarations.nesting import follows_path
from cliquet.deprecation import DeprecatedMeta
from cliquet.events import ACTIONS
from cliquet.framework.policy import forget_user
from cliquet.permission_cache import PermissionCache
from cliquet.resource import payload
from cliquet.resource.hooks import ignores_tombstones
from cliquet.resource.model import Model, ShareableModel
from cliquet.resource.nesting import find_parent_id
from cliquet.resource.user import UserResource
from cliquet.resource.viewset import ShareableViewSet, ViewSet
from cliquet.storage.query import COMPARISON, Condition, Filter
from cliquet.types import Record, Request, Result


class ShareableResource(UserResource):
    """Records that anybody may see or change who has the permission."""

    default_model: type[Model] = ShareableModel
    default_viewset: type[ViewSet] = ShareableViewSet

    permissions: tuple[str, ...] = ("read", "write")
    """Names of permissions that clients may set.

    Read when the resource is registered, and by each PUT that sets permissions. No name
    at all lets clients set any.
    """

    model: ShareableModel
    context: Any
    """A `RouteFactory`; None without HTTP."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Permissions may change although no field does.
        self.force_patch_update = True
        self.model.permission = self.request.registry.permission
        self.model.current_principal = self.request.prefixed_userid
        if self.context is not None:
            self.model.permission_cache = PermissionCache.of(self.request)
            self.model.get_permission_object_id = partial(
                self.context.get_permission_object_id, self.request
            )

    @follows_path
    def get_parent_id(self, request: Request) -> str:
        """Return one parent for all users, or one for each record above."""
        return find_parent_id(request, of_user=False) or ""

    def implied_filters(self) -> list[Filter]:
        """Restrict to the records shared with the user, if that is all they may."""
        shared_ids = getattr(self.context, "shared_ids", None)
        if not shared_ids and getattr(self.context, "is_restricted", False) is not True:
            return []
        return [Filter(self.model.id_field, shared_ids or (), COMPARISON.IN)]

    def fields_of(self, record: Record) -> Record:
        """Return a record without its permissions."""
        extra = self.model.permissions_field
        return {field: value for field, value in record.items() if field != extra}

    def permissions_of(self, record: Record) -> dict[str, list[str]]:
        """Return principals by permission of a record."""
        found = record.get(self.model.permissions_field) or {}
        return {name: sorted(principals) for name, principals in found.items()}

    def visible(self, record: Record) -> Record | None:
        """Return the fields of a record, to those only who may read it."""
        if not self.may_read(record[self.model.id_field]):
            return None
        return super().visible(self.fields_of(record))

    def may_read(self, record_id: str | None) -> bool:
        """Ask the authorization policy."""
        return self._is_permitted("read", record_id)

    def _why_unreadable(self, record_id: str) -> Any:
        return self._ask_about("read", record_id)

    @ignores_tombstones
    def process_record(self, new: Record, old: Record | None = None) -> Record:
        """Add the permissions to set; a PUT that sets any empties the others."""
        # What a schema lets through is no permission.
        new = super().process_record(self.fields_of(new), old)
        permissions = self.request.validated.get("permissions", {})
        if not permissions:
            return new
        payload.check_content(permissions, "permissions")
        if self.request.method.lower() == "put":
            permissions = {**{name: [] for name in self.permissions}, **permissions}
        return {**new, self.model.permissions_field: permissions}

    def postprocess(
        self, result: Result, action: ACTIONS = ACTIONS.READ, old: Record | None = None
    ) -> dict[str, Any]:
        """Return the permissions beside the record, and in no event."""
        if isinstance(result, list):
            return super().postprocess(result, action, old)
        permissions = result.get(self.model.permissions_field)
        if old is not None:
            old = self.fields_of(old)
        body = super().postprocess(self.fields_of(result), action, old)
        if permissions is None or self._hides_permissions(result):
            return body
        shown = {name: list(principals) for name, principals in permissions.items()}
        return {"permissions": shown, **body}

    def start_again(self) -> None:
        """Forget what was read, and ask for the permission anew.

        Raises:
            HTTPForbidden: it was revoked, or is another one for what is stored now.
        """
        super().start_again()
        self._ask_again()

    def _unchanged_collection(self) -> Condition | None:
        """Return the condition, too, that the same records are shared with the user."""
        if not getattr(self.context, "shared_ids", None):
            return super()._unchanged_collection()
        # Each revocation moves the timestamp: it must not be newer than the ids.
        condition = Condition(collection=self.timestamp)
        self._ask_again()
        return condition

    def _ask_again(self) -> None:
        if not isinstance(self.context, authorization.RouteFactory):
            return
        # Who was removed from a group meanwhile has left it.
        forget_user(self.request)
        fresh = type(self.context)(self.request)
        permitted = self.request.has_permission(authorization.DYNAMIC, fresh)
        if not permitted:
            raise HTTPForbidden(result=permitted)
        # In place: others have the context too, and may have replaced its methods.
        vars(self.context).update(vars(fresh))

    def _varies_by_user(self, record: Record | None) -> bool:
        """Lists hold what the user may read, records what they may know."""
        return record is None or asbool(self._setting("hide_permissions"))

    def _hides_permissions(self, record: Record) -> bool:
        if not asbool(self._setting("hide_permissions")):
            return False
        return not self._is_permitted("write", record[self.model.id_field])

    def _is_permitted(self, permission: str, record_id: str | None) -> bool:
        return self.context is None or bool(self._ask_about(permission, record_id))

    def _ask_about(self, permission: str, record_id: str | None) -> Any:
        """Ask the authorization policy about a record of the collection, or all."""
        target = self.context.for_record(record_id, permission)
        return self.request.has_permission(authorization.DYNAMIC, target)


class ProtectedResource(ShareableResource, metaclass=DeprecatedMeta):
    """Old name of `ShareableResource`: subclassing it warns."""

    __deprecation_warning__ = (
        "ProtectedResource is deprecated. Use ShareableResource instead."
    )
