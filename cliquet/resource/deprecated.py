"""Which old names still work? Subclassing them warns (python-api §26).

Delete this file, and its imports, to drop them.
"""

from cliquet.deprecation import DeprecatedMeta
from cliquet.resource.model import ShareableModel
from cliquet.resource.shareable import ShareableResource
from cliquet.resource.user import UserResource
from cliquet.resource.viewset import ShareableViewSet


class BaseResource(UserResource, metaclass=DeprecatedMeta):
    """Old name of `UserResource`."""

    __deprecation_warning__ = "BaseResource is deprecated. Use UserResource instead."


class ProtectedResource(ShareableResource, metaclass=DeprecatedMeta):
    """Old name of `ShareableResource`."""

    __deprecation_warning__ = (
        "ProtectedResource is deprecated. Use ShareableResource instead."
    )


class ProtectedModel(ShareableModel, metaclass=DeprecatedMeta):
    """Old name of `ShareableModel`."""

    __deprecation_warning__ = (
        "ProtectedModel is deprecated. Use ShareableModel instead."
    )


class ProtectedViewSet(ShareableViewSet, metaclass=DeprecatedMeta):
    """Old name of `ShareableViewSet`."""

    __deprecation_warning__ = (
        "ProtectedViewSet is deprecated. Use ShareableViewSet instead."
    )
