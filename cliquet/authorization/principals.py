"""For whom a request speaks: the groups of its user, and the names of one user."""

from typing import Any

from cliquet.authentication import prefixed_userid
from cliquet.framework.policy import Principals
from cliquet.permission_cache import PermissionCache
from cliquet.types import Request


def groupfinder(userid: str, request: Request) -> Any:
    """Return the groups of a user, empty without a permission backend.

    The setting `multiauth.groupfinder` names another function, with the same arguments.

    Args:
        userid: The id, without the name of the policy.
        request: The request that it was found in.
    """
    if not getattr(request.registry, "permission", None):
        return []
    return PermissionCache.of(request).groups(prefixed_userid(request) or userid)


def with_prefixed_userid(principals: Any, prefixed: Any) -> Any:
    """Return principals in which the user id is replaced by both of its prefixed forms.

    Returns:
        A list; principals whose groups are still unknown stay like that.
    """
    if not prefixed or ":" not in prefixed:
        return principals
    policy, _, userid = prefixed.partition(":")
    if isinstance(principals, Principals):
        own = with_prefixed_userid(principals.own, prefixed)
        return Principals(own, principals.find_groups)
    result = [principal for principal in principals if principal != userid]
    return [*result, prefixed, f"{policy}_{userid}"]
