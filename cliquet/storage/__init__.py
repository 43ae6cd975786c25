"""Storages of records: the interface. Each engine is a package in here."""

from cliquet.logs import logger as logger
from cliquet.storage import exceptions as exceptions
from cliquet.storage import generators as generators
from cliquet.storage.base import DEFAULT_DELETED_FIELD as DEFAULT_DELETED_FIELD
from cliquet.storage.base import DEFAULT_ID_FIELD as DEFAULT_ID_FIELD
from cliquet.storage.base import DEFAULT_MODIFIED_FIELD as DEFAULT_MODIFIED_FIELD
from cliquet.storage.base import StorageBase as StorageBase
from cliquet.storage.base import heartbeat as heartbeat
from cliquet.storage.query import Filter as Filter
from cliquet.storage.query import Sort as Sort
