"""An SQLite file that another process keeps locked."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from cliquet.storage.exceptions import BackendError
from tests.contract.backends import APP_ENGINES

pytestmark = pytest.mark.long

ENGINE = next(found for found in APP_ENGINES if found.id == "sqlite")


def test_writes_that_are_refused_keep_no_connection(tmp_path):
    file = tmp_path / "test.db"
    storage = ENGINE.load("storage", f"sqlite:///{file}", storage_lock_timeout="")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def write(number):
        with pytest.raises(BackendError):
            storage.create("c", "p", {"number": number})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(8)))
        assert storage.client.engine.pool.checkedout() == 0
        other.execute("ROLLBACK")
        other.close()
        assert threads.submit(storage.create, "c", "p", {}).result()
