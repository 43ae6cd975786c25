"""Backends as commands find them, and all that they may hold."""

from decimal import Decimal

from cliquet.storage.query import EVERY_COLLECTION
from tests.contract.backends import APP_ENGINES


class Registry:
    """Backends of one engine."""

    def __init__(self, engine, url, **more):
        self.storage = engine.load("storage", url, **more)
        self.permission = engine.load("permission", url)
        self.settings = {}


def make_registries(services, directory):
    """Return one for each engine, by its name."""
    return {
        engine.id: Registry(engine, engine.url(services, directory))
        for engine in APP_ENGINES
    }


def everything(registry):
    """Return all that there is, as clients see it and as operators do."""
    storage = registry.storage
    found = {}
    for scope in storage.scopes():
        told = []
        listed = storage.get_all(*scope, include_deleted=True, horizons=told)
        reached = storage.collection_timestamp(*scope, initialize=False)
        found[scope] = (listed, told, reached)
    members = sorted(registry.permission.all_user_principals())
    granted = sorted(registry.permission.all_permissions())
    return found, sorted(storage.horizons()), members, granted


def fill(registry):
    """Store some of all that there may be."""
    storage, permission = registry.storage, registry.permission
    for number in range(7):
        for parent in ("basicauth:é", "", "a.b"):
            numbers = [number, {"a": None}, 1e300, 2**70, Decimal("1.2") ** 25]
            record = {"id": f"r.{number}", "n": numbers}
            storage.create("c", parent, record)
    storage.delete("c", "", "r.3")
    storage.create("c", "", {"id": "odd", "deleted": True, "x": 1})
    for name in ("one", "two", "three"):
        storage.create("c", "tied", {"id": name, "last_modified": 5})
    storage.delete("c", "tied", "two", last_modified=5)
    # The newest entry is gone, and the collection still has its timestamp.
    storage.create("c", "purged", {"id": "old"})
    storage.create("c", "purged", {"id": "new"})
    storage.delete("c", "purged", "new")
    storage.purge_deleted("c", "purged")
    storage.collection_timestamp("c", "empty")
    storage.raise_timestamp("c", "raised", 7)
    storage.raise_horizon("c", "raised", 6)
    storage.raise_horizon(*EVERY_COLLECTION, horizon=3)
    permission.add_user_principal("u", "g:é")
    permission.add_principal_to_ace("/c/r1", "obj:del", "u")
