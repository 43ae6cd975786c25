"""Permissions that code of applications requires (docs: permissions-views)."""

from typing import Any

from pyramid.httpexceptions import HTTPForbidden

from cliquet.object_ids import fill_template


def require(request: Any, permission: str, object_id: str, **values: Any) -> None:
    """Raise unless the user of a request has a permission on an object.

    Settings, groups and what permissions imply count as for the object's own URL.

    Args:
        request: The request; in a batch, the entry.
        permission: `read`, `write`, `create` (on a collection) or a name of one's own.
        object_id: Path of the object without version, quoted as in URLs; or a
            template such as `/projects/{id}`, of which `values` are the decoded parts.
        **values: Parts of a template.

    Raises:
        HTTPForbidden: They have not. It is answered 403, or 401 to anonymous users.
    """
    if values:
        object_id = fill_template(object_id, values)
    context = request.object_context(permission, object_id)
    permitted = request.has_permission("dynamic", context)
    if not permitted:
        raise HTTPForbidden(result=permitted)
