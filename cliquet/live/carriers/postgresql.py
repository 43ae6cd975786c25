"""NOTIFY and LISTEN of PostgreSQL.

By connections of their own: one that listens keeps its session, which PgBouncer takes
away from it; one that sends commits by itself, so that those who write records do not
wait for the one lock that all transactions with a NOTIFY take when they commit.
"""

import select
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from sqlalchemy.pool import NullPool, QueuePool

from cliquet.engines.sql.postgresql import engine_url

_CHANNEL = "cliquet_live"
_LOOK_SECONDS = 30.0
_CONNECT_SECONDS = 5


class Carrier:
    """A PostgreSQL database.

    Args:
        url: Its URL, of the server itself.
    """

    def __init__(self, url: str) -> None:
        options: dict[str, Any] = {
            "isolation_level": "AUTOCOMMIT",
            "connect_args": {"connect_timeout": _CONNECT_SECONDS},
        }
        found = engine_url(url)
        self._sending = sqlalchemy.create_engine(
            found, poolclass=QueuePool, pool_size=1, max_overflow=0, **options
        )
        self._listening = sqlalchemy.create_engine(found, poolclass=NullPool, **options)

    def send(self, text: str) -> None:
        """Notify all who listen."""
        with self._sending.connect() as connection:
            statement = sqlalchemy.text("SELECT pg_notify(:channel, :text)")
            connection.execute(statement, {"channel": _CHANNEL, "text": text})

    def receive(self) -> Iterator[str | None]:
        """Yield None once it listens, then each text that is sent."""
        with self._listening.connect() as connection:
            connection.exec_driver_sql(f"LISTEN {_CHANNEL}")
            yield None
            driver: Any = connection.connection.driver_connection
            is_psycopg2 = hasattr(driver, "poll")
            while True:
                texts = _read_psycopg2(driver) if is_psycopg2 else _read(driver)
                yield from texts
                # One that broke without a word is not heard of otherwise.
                connection.exec_driver_sql("SELECT 1")


def _read_psycopg2(driver: Any) -> Iterator[str]:
    """Yield the texts that come, until none comes for a while."""
    while driver.notifies or select.select([driver], [], [], _LOOK_SECONDS)[0]:
        driver.poll()
        found, driver.notifies[:] = list(driver.notifies), []
        yield from (each.payload for each in found)


def _read(driver: Any) -> Iterator[str]:
    for each in driver.notifies(timeout=_LOOK_SECONDS):
        yield each.payload
