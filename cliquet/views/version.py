"""Which build answers? (setting `version_json_path`)"""

import json
from pathlib import Path
from typing import Any

from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPNotFound
from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.service import Service
from cliquet.settings import get_setting

version = Service(name="version", path="/__version__", description="Version")


@version.get(permission=NO_PERMISSION_REQUIRED)
def get_version(request: Any) -> Any:
    """Show the file that the build left."""
    content = getattr(request.registry, "version_json", None)
    if content is None:
        raise HTTPNotFound
    return content


def read_version_file(config: Any) -> None:
    """Read the file at start: it describes this process.

    Raises:
        ConfigurationError: it cannot be read, or is no JSON.
    """
    path = get_setting(config.get_settings(), "version_json_path")
    if not path:
        return
    try:
        config.registry.version_json = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"Invalid value {path!r} for setting 'version_json_path': {error}"
        ) from error


def includeme(config: Any) -> None:
    """Read the file."""
    read_version_file(config)
