"""May a request do what it asks? The decision, upon a context."""

from collections.abc import Callable
from typing import Any, NamedTuple

from pyramid.authorization import Authenticated
from pyramid.interfaces import IAuthorizationPolicy
from zope.interface import implementer

from cliquet.authorization.granting import Granting, Pairs
from cliquet.authorization.objects import ObjectContext
from cliquet.authorization.principals import with_prefixed_userid
from cliquet.authorization.refusals import Refusal
from cliquet.framework.policy import intersect

DYNAMIC = "dynamic"
"""Permission that is decided when the request comes in."""

PRIVATE = "private"
"""Permission of whoever is authenticated."""


@implementer(IAuthorizationPolicy)
class AuthorizationPolicy:
    """Decides by the permission backend, or by settings."""

    get_bound_permissions: Any = None
    """Return the pairs of object id and permission any of which grants a permission.

    Called with an object id and a permission; None if each is granted by itself alone,
    and by what settings imply (docs: permissions-implied).
    """

    def permits(self, context: Any, principals: Any, permission: str) -> Any:
        """Return True if one of the principals has the permission on the context.

        Args:
            context: What the route factory made; not looked at for `PRIVATE`.
            principals: A sequence; the groups of the user may be read when they matter.
            permission: `PRIVATE`, `DYNAMIC` or the name of a permission.

        Returns:
            True, False or a `Refusal`, which is false.
        """
        if permission == PRIVATE:
            return Authenticated in principals
        principals = with_prefixed_userid(principals, context.get_prefixed_userid())
        if permission == DYNAMIC:
            permission = context.required_permission
        if permission == "create":
            permission = f"{context.resource_name}:create"
        question = _Question(context, principals, self.get_bound_permissions)
        granting = None
        if isinstance(context, ObjectContext):
            granting = context.find_granting(self.get_bound_permissions)
        if granting is not None:
            allowed = question.is_allowed(permission, granting)
        elif context.allowed_principals:
            # They replace what is kept for objects: for each record of a list, too.
            allowed = intersect(principals, context.allowed_principals)
        else:
            allowed = question.is_kept(permission)
        object_id = getattr(context, "permission_object_id", None)
        return allowed or Refusal(str(permission), object_id, principals)

    def principals_allowed_by_permission(self, context: Any, permission: str) -> Any:
        """Not supported: permissions are not kept by context."""
        raise NotImplementedError


class _Question(NamedTuple):
    """Whether principals may do something in a context.

    Attributes:
        context: Of the request.
        principals: Any of them suffices.
        bind: From an object id and a permission to the pairs that grant it.
    """

    context: Any
    principals: Any
    bind: Callable[[str, str], Pairs] | None

    def is_kept(self, permission: str) -> bool:
        """Return whether entries grant it on the object, or on what it lists."""
        context, principals = self.context, self.principals
        bound = {"get_bound_permissions": self.bind}
        allowed = context.check_permission(permission, principals, **bound)
        creating = str(permission).endswith(":create")
        if not allowed and context.on_collection and not creating:
            allowed = context.fetch_shared_records(permission, principals, **bound)
        return bool(allowed)

    def is_allowed(self, permission: str, granting: Granting) -> bool:
        """Return whether the permission is granted, or implied by what is."""
        asked = self._replace(bind=granting.pairs)
        if asked.is_listed(permission, granting) or asked.is_kept(permission):
            return True
        context = self.context
        lists = context.on_collection and permission == "read"
        if not lists or not granting.implications.create_implies_list:
            return False
        create = f"{context.resource_name}:create"
        if not asked.is_listed(create, granting) and not context.check_permission(
            create, self.principals, get_bound_permissions=granting.pairs
        ):
            return False
        context.restrict()
        return True

    def is_listed(self, permission: str, granting: Granting) -> bool:
        """Return whether settings grant a permission on the object."""
        granted = granting.grants(self.context.permission_object_id, permission)
        return intersect(self.principals, granted.principals)
