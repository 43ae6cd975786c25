"""What changes when records are common to all, and protected by permissions?"""

import copy
from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPForbidden
from pyramid.settings import asbool

from cliquet import authorization
from cliquet.access import Access
from cliquet.events import ACTIONS
from cliquet.resource import payload
from cliquet.resource.model import ShareableModel
from cliquet.resource.user import UserResource
from cliquet.resource.viewset import ShareableViewSet
from cliquet.storage.exceptions import ModifiedMeanwhileError
from cliquet.storage.query import COMPARISON, Filter
from cliquet.text import aslist
from cliquet.types import Record


class ShareableResource(UserResource):
    """Records that anybody may see or change who has the permission."""

    default_model = ShareableModel
    default_viewset = ShareableViewSet

    permissions: tuple[str, ...] = ("read", "write")
    """Names of permissions that clients may set."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Permissions may change although no field does.
        self.force_patch_update = True
        self.model.permission = self.request.registry.permission
        self.model.current_principal = self.request.prefixed_userid
        access = getattr(self.context, "access", None)
        if isinstance(access, Access):
            self.model.known_permissions = access.permissions_of
            self.model.forget_permissions = access.forget
        if self.context is not None:
            self.model.get_permission_object_id = partial(
                self.context.get_permission_object_id, self.request
            )

    def get_parent_id(self, request: Any) -> str:
        """Answer one parent for all users."""
        return ""

    def implied_filters(self) -> list[Filter]:
        """Restrict to the records shared with the user, if that is all they may."""
        shared_ids = getattr(self.context, "shared_ids", None)
        if not shared_ids:
            return []
        return [Filter(self.model.id_field, shared_ids, COMPARISON.IN)]

    def fields_of(self, record: Record) -> Record:
        """Answer a record without its permissions."""
        extra = self.model.permissions_field
        return {field: value for field, value in record.items() if field != extra}

    def visible(self, record: Record) -> Record | None:
        """Answer the fields of a record, to those only who may read it (§2.3-2.4)."""
        if not self._is_permitted("read", record[self.model.id_field]):
            return None
        return self.fields_of(record)

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
        self, result: Any, action: ACTIONS = ACTIONS.READ, old: Record | None = None
    ) -> dict[str, Any]:
        """Answer the permissions beside the record, and in no event."""
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

    def authorize_write(self, existing: Record | None) -> None:
        """Start a PUT again if the record came or went since it was permitted.

        Creating and replacing are not the same permission.

        Raises:
            HTTPForbidden: what is to be done now is not permitted.
        """
        permitted = getattr(self.context, "required_permission", None)
        needed = "write" if existing else "create"
        if {permitted, needed} != {"create", "write"}:
            return
        fresh = type(self.context)(self.request)
        if not self.request.has_permission(authorization.DYNAMIC, fresh):
            raise HTTPForbidden
        self.context.required_permission = fresh.required_permission
        raise ModifiedMeanwhileError(self.record_id)

    def _hides_permissions(self, record: Record) -> bool:
        if not asbool(self._setting("hide_permissions")):
            return False
        return not self._is_permitted("write", record[self.model.id_field])

    def _is_permitted(self, permission: str, record_id: str) -> bool:
        """Ask the authorization policy about any record of the collection."""
        if self.context is None:
            return True
        target = copy.copy(self.context)
        # On a collection, a context can name the object of any of its records.
        target.on_collection = True
        target.permission_object_id = target.get_permission_object_id(
            self.request, record_id
        )
        target.on_collection = False
        target.required_permission = permission
        setting = f"{target.resource_name}_{permission}_principals"
        principals = self.request.registry.settings.get(setting, "")
        if isinstance(principals, str):
            principals = principals.replace(",", " ")
        target.allowed_principals = aslist(principals)
        return bool(self.request.has_permission(authorization.DYNAMIC, target))
