"""A server that listens: `CLIQUET_TEST_URL` names one, else it is started.

It has the collections of the sample of the conformance kit.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cliquet.conformance.starter import started
from cliquet.testing.servers import Services
from tests.contract.backends import AppEngine


@contextmanager
def served(engine: AppEngine, services: Services, folder: Path) -> Iterator[str]:
    """Serve the sample on an engine, with small pages; its URL."""
    named = os.environ.get("CLIQUET_TEST_URL")
    if named:
        yield named.rstrip("/")
        return
    settings = {"paginate_by": "2"}
    for kind in ("storage", "cache", "permission"):
        settings[f"{kind}_backend"] = f"cliquet.{kind}.{engine.id}"
        settings[f"{kind}_url"] = engine.url(services, folder)
    with started(None, "waitress", settings) as root:
        yield f"{root}v1"
