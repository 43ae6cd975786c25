"""The older path of `cliquet.resource.schema`."""
# ruff: noqa: PLC0414 -- `as` says that a name is re-exported

import warnings
from typing import Any

from cliquet.nodes.binding import ignores_bindings
from cliquet.resource.schema import URL as URL
from cliquet.resource.schema import PermissionsSchema as PermissionsSchema
from cliquet.resource.schema import ResourceSchema as NewResourceSchema
from cliquet.resource.schema import TimeStamp as TimeStamp


@ignores_bindings
class ResourceSchema(NewResourceSchema):
    """The schema of a resource, under its deprecated path: it warns when used."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        warnings.warn(  # noqa: B028 -- tests of applications assert these arguments
            "cliquet.schema is now deprecated. "
            "Please use `cliquet.resource.schema` instead",
            DeprecationWarning,
        )
        super().__init__(*args, **kw)
