"""Records, timestamps, lists and tombstones: what every storage does."""

from cliquet.testing.contracts.lists import Filters, Orders
from cliquet.testing.contracts.records import Records, UniqueFields
from cliquet.testing.contracts.timestamps import Timestamps
from cliquet.testing.contracts.tombstones import Tombstones


class StorageContract(Records, UniqueFields, Timestamps, Filters, Orders, Tombstones):
    """What every storage does; the fixture `storage` is an empty one for each test."""
