"""Resources: records in collections, served over HTTP.

What applications use is imported from here; see ``user`` and ``shareable`` for the
endpoints, the other files for one question each (architecture §5).
"""

import warnings

from cliquet.events import ACTIONS
from cliquet.logs import logger
from cliquet.resource import model, schema, viewset
from cliquet.resource.deprecated import (
    BaseResource,
    ProtectedModel,
    ProtectedResource,
    ProtectedViewSet,
)
from cliquet.resource.model import Model, ShareableModel
from cliquet.resource.registration import register, register_resource
from cliquet.resource.schema import ResourceSchema
from cliquet.resource.shareable import ShareableResource
from cliquet.resource.user import UserResource
from cliquet.resource.viewset import ShareableViewSet, ViewSet
from cliquet.service import Service
from cliquet.storage.query import COMPARISON, Filter, Sort

__all__ = [
    "ACTIONS",
    "COMPARISON",
    "BaseResource",
    "Filter",
    "Model",
    "ProtectedResource",
    "ResourceSchema",
    "Service",
    "ShareableModel",
    "ShareableResource",
    "ShareableViewSet",
    "Sort",
    "UserResource",
    "ViewSet",
    "logger",
    "model",
    "register",
    "register_resource",
    "schema",
    "viewset",
    "warnings",
]

# Their documented homes are the submodules.
model.ProtectedModel = ProtectedModel  # type: ignore[attr-defined]
viewset.ProtectedViewSet = ProtectedViewSet  # type: ignore[attr-defined]
