"""May a request do what it asks? The policy, and the contexts that it decides upon.

See docs: protocol-permissions.
"""

from cliquet.authorization.context import RouteFactory
from cliquet.authorization.objects import ObjectContext
from cliquet.authorization.policy import DYNAMIC, PRIVATE, AuthorizationPolicy
from cliquet.authorization.principals import groupfinder, with_prefixed_userid

__all__ = [
    "DYNAMIC",
    "PRIVATE",
    "AuthorizationPolicy",
    "ObjectContext",
    "RouteFactory",
    "groupfinder",
    "with_prefixed_userid",
]
