"""The running build, where there is a file that tells: `version_json_path`."""

import json
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.service import Service, reserve_for_operators
from cliquet.settings import get_setting, invalid_setting
from cliquet.types import Request

version = Service(
    name="version", path="/__version__", description="Version", is_operational=True
)


@version.get(permission=NO_PERMISSION_REQUIRED)
def get_version(request: Request) -> Any:
    """Return the file that the build left."""
    return request.registry.version_json


def setup_views(config: Configurator) -> None:
    """Register the views of this package; that of the build, if there is a file.

    It is read at start: it describes this process.

    Raises:
        ConfigurationError: It cannot be read, or is no JSON.
    """
    path = get_setting(config.get_settings(), "version_json_path")
    if not path:
        # Without it there is nothing at this URL, whatever the method; maybe in the
        # next version, so that caches do not keep that.
        reserve_for_operators(config, version.path)
        config.scan("cliquet.views", ignore=[__name__])
        return
    try:
        config.registry.version_json = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        expected = f"a file of JSON ({error})"
        raise invalid_setting("version_json_path", path, expected) from error
    config.scan("cliquet.views")
