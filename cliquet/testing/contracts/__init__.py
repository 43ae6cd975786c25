"""What every engine does, as classes of tests for the engines of third parties.

Subclass them, where there is a fixture `storage`, `permission` or `cache` (docs:
testing). Those of Cliquet are tested by the same code.
"""

from cliquet.dotted import naming_the_extra

with naming_the_extra("'cliquet.testing.contracts'", "testing"):
    import pytest  # noqa: F401  # each of these imports it

from cliquet.testing.contracts.cache import CacheContract
from cliquet.testing.contracts.cascades import Cascades
from cliquet.testing.contracts.conditions import ConditionalWrites
from cliquet.testing.contracts.horizons import Horizons
from cliquet.testing.contracts.paths import Paths
from cliquet.testing.contracts.permission import PermissionContract
from cliquet.testing.contracts.searches import Searches
from cliquet.testing.contracts.storage import StorageContract
from cliquet.testing.contracts.transfers import Transfers

__all__ = [
    "CacheContract",
    "Cascades",
    "ConditionalWrites",
    "Horizons",
    "Paths",
    "PermissionContract",
    "Searches",
    "StorageContract",
    "Transfers",
]
