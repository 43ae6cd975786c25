"""The older path of the schemas of resources (python-api §26)."""

import warnings
from typing import Any

from cliquet.resource.schema import URL, PermissionsSchema, TimeStamp
from cliquet.resource.schema import ResourceSchema as NewResourceSchema

__all__ = [
    "URL",
    "NewResourceSchema",
    "PermissionsSchema",
    "ResourceSchema",
    "TimeStamp",
]


class ResourceSchema(NewResourceSchema):
    """The schema of a resource, under its deprecated path: it warns when used."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        warnings.warn(  # noqa: B028 -- called with these two arguments alone (§26.1)
            "cliquet.schema is now deprecated. "
            "Please use `cliquet.resource.schema` instead",
            DeprecationWarning,
        )
        super().__init__(*args, **kw)
