"""Where are records stored? In empty databases, on servers that end with the run."""

import itertools
import sqlite3
import tempfile

import psycopg2
import redis

from cliquet.testing.servers import Services

ENGINES = ("postgresql", "sqlite", "redis", "memory")


class Databases:
    """Gives databases, and remembers what was used."""

    def __init__(self):
        self.services = Services()
        self.folder = tempfile.TemporaryDirectory()
        self.numbers = itertools.count(1)
        self.versions = {}
        """Of what is compared, by name; emptied before each question."""

    def new_url(self, engine):
        url = getattr(self, f"_{engine}")()
        self.versions[engine] = _VERSIONS[engine](url)
        return url

    def _postgresql(self):
        return self.services.postgresql_url()

    def _redis(self):
        # A Redis server has 16 databases: a new one may hold what an older one had.
        number = next(self.numbers) % 16
        url = f"{self.services.redis_url().rpartition('/')[0]}/{number}"
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        return url

    def _sqlite(self):
        return f"sqlite:///{self.folder.name}/{next(self.numbers)}.db"

    def _memory(self):
        return ""

    def close(self):
        self.services.close()
        self.folder.cleanup()


def _version_of_postgresql(url):
    connection = psycopg2.connect(url)
    try:
        major, minor = divmod(connection.server_version, 10_000)
    finally:
        connection.close()
    return f"PostgreSQL {major}.{minor}"


def _version_of_redis(url):
    with redis.Redis.from_url(url) as client:
        return f"Redis {client.info('server')['redis_version']}"


_VERSIONS = {
    "postgresql": _version_of_postgresql,
    "redis": _version_of_redis,
    "sqlite": lambda url: f"SQLite {sqlite3.sqlite_version}",
    "memory": lambda url: "",
}
