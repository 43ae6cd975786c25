"""The command ``cliquet openapi``: the description of a service, without a server."""

import json
import sys
from typing import Any

from cliquet import serialization
from cliquet.description.serving import why_missing


def run(registry: Any) -> None:
    """Print the description, or exit with what is in its way."""
    reason = why_missing(registry)
    if reason is not None:
        sys.exit(reason)
    document = serialization.dumps(registry.api_description.document())
    print(json.dumps(json.loads(document), indent=2))
