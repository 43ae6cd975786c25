"""The four engines, as settings, each with a place for the data of tests."""

from pathlib import Path
from typing import Any

from cliquet.testing.servers import Services

KINDS = ("storage", "permission", "cache")


def settings_of(engine: str, services: Services, directory: Path) -> dict[str, Any]:
    """Return the settings of three backends on an engine, in a place of their own."""
    settings: dict[str, Any] = {}
    url = _url(engine, services, directory)
    for kind in KINDS:
        settings[f"{kind}_backend"] = f"cliquet.{kind}.{engine}"
        settings[f"{kind}_url"] = url
    if engine == "sqlite":
        # A file has one writer, and the cache need not wait for requests.
        settings["cache_url"] = f"sqlite:///{directory}/cache.db"
    return settings


def _url(engine: str, services: Services, directory: Path) -> str:
    if engine == "sqlite":
        return f"sqlite:///{directory}/records.db"
    if engine == "postgresql":
        return services.postgresql_url()
    return services.new_redis_url() if engine == "redis" else ""
