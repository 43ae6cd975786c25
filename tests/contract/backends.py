"""The engines that the contract suites run on: a new one is one row.

`url` makes the place where an engine keeps its data.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyramid.config import Configurator

from cliquet.testing.servers import Services

#: The variable of `postgresql_triggers`: applications and server processes read it.
TRIGGERS = "CLIQUET_POSTGRESQL_TRIGGERS"

#: Settings on which it depends how tables are made.
OF_TABLES = ("postgresql_triggers",)


@dataclass(frozen=True)
class AppEngine:
    """An engine that can serve all three kinds of backends."""

    id: str
    url: Callable[[Services, Path], str]
    processes: int = 2
    """Server processes that may share it."""

    url_is_a_place: bool = True
    """Two URLs are two databases."""

    can_fail: bool = True
    """Its server can be out of reach."""

    def settings(self, url: str, **more: Any) -> dict[str, Any]:
        """Settings of the three kinds on this engine."""
        settings: dict[str, Any] = {
            "storage_max_fetch_size": 10000,
            "cache_prefix": "",
            "transaction_per_request": False,
        }
        for kind in ("storage", "cache", "permission"):
            settings[f"{kind}_backend"] = f"cliquet.{kind}.{self.id}"
            settings[f"{kind}_url"] = url
            # As by default: clients of one URL share their pool.
            settings[f"{kind}_pool_size"] = 25
        if TRIGGERS in os.environ:
            settings["postgresql_triggers"] = os.environ[TRIGGERS]
        return {**settings, **more}

    def load(self, kind: str, url: str, **more: Any) -> Any:
        """Build one backend from settings, its schema created."""
        config = Configurator(settings=self.settings(url, **more))
        module = config.maybe_dotted(f"cliquet.{kind}.{self.id}")
        backend = module.load_from_config(config)
        backend.initialize_schema()
        return backend

    def prepare(self, settings: dict[str, Any]) -> None:
        """Create the schemas that an application with these settings needs."""
        told = {name: settings[name] for name in OF_TABLES if name in settings}
        for kind in ("storage", "cache", "permission"):
            self.load(kind, settings[f"{kind}_url"], **told).flush()


APP_ENGINES = [
    AppEngine(
        "memory",
        lambda services, path: "",
        processes=1,
        url_is_a_place=False,
        can_fail=False,
    ),
    AppEngine(
        "sqlite", lambda services, path: f"sqlite:///{path}/test.db", can_fail=False
    ),
    AppEngine("postgresql", lambda services, path: services.postgresql_url()),
    AppEngine("redis", lambda services, path: services.new_redis_url()),
]
