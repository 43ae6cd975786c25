"""A cache in an SQLite file: values as JSON text, with the time they expire.

Reading ignores what has expired; writing removes a little of it. In a file of its own
changes are kept at once, whatever becomes of the request. In the file of another
backend they are kept or undone with the request: a file has one writer at a time, and
the cache would wait for the very request that it serves.
"""

from typing import Any

from cliquet import serialization
from cliquet.cache.base import CacheBase
from cliquet.engines.sql.creation import create_tables
from cliquet.engines.sql.sqlite import SQLiteClient, create_from_config
from cliquet.timestamps import msec_time

_PURGED_AT_ONCE = 100

CREATE = """CREATE TABLE IF NOT EXISTS cache (
    key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, expires INTEGER
    ) WITHOUT ROWID"""
CREATE_INDEX = "CREATE INDEX IF NOT EXISTS idx_cache_expires ON cache (expires)"
FLUSH = "DELETE FROM cache"
GET = """SELECT value, expires FROM cache
    WHERE key = :key AND (expires IS NULL OR expires > :now)"""
SET = """INSERT INTO cache (key, value, expires) VALUES (:key, :value, :expires)
    ON CONFLICT DO UPDATE SET value = :value, expires = :expires"""
EXPIRE = "UPDATE cache SET expires = :expires WHERE key = :key"
DELETE = "DELETE FROM cache WHERE key = :key"
PURGE = """DELETE FROM cache WHERE key IN (
    SELECT key FROM cache WHERE expires <= :now LIMIT :limit)"""


class Cache(CacheBase):
    """Cache in an SQLite file."""

    tables = ("cache",)

    def __init__(
        self, client: SQLiteClient, *args: Any, cache_prefix: str = "", **kwargs: Any
    ) -> None:
        super().__init__(cache_prefix=cache_prefix)
        self.client = client

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create the table if it is missing."""
        scripts = CREATE, CREATE_INDEX
        create_tables(self.client, "SQLite cache", self.tables, scripts, dry_run)

    def flush(self) -> None:
        with self.client.connect(force_commit=True) as connection:
            connection.run(FLUSH)

    def ttl(self, key: str) -> float:
        now = msec_time()
        with self.client.connect(readonly=True) as connection:
            row = connection.row(GET, key=self.prefix + key, now=now)
        if row is None or row.expires is None:
            return -1
        remaining: float = (row.expires - now) / 1000
        return remaining

    def expire(self, key: str, ttl: float) -> None:
        expires = msec_time() + int(ttl * 1000)
        with self.client.connect() as connection:
            connection.run(EXPIRE, key=self.prefix + key, expires=expires)

    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        now = msec_time()
        expires = None if ttl is None else now + int(ttl * 1000)
        text_value = serialization.dumps(value)
        with self.client.connect() as connection:
            connection.run(PURGE, now=now, limit=_PURGED_AT_ONCE)
            connection.run(
                SET, key=self.prefix + key, value=text_value, expires=expires
            )

    def get(self, key: str) -> Any:
        with self.client.connect(readonly=True) as connection:
            row = connection.row(GET, key=self.prefix + key, now=msec_time())
        return None if row is None else serialization.loads(row.value)

    def delete(self, key: str) -> None:
        with self.client.connect() as connection:
            connection.run(DELETE, key=self.prefix + key)


def load_from_config(config: Any) -> Cache:
    """Return the cache (settings `cache_url`, `cache_pool_size`, `cache_prefix`)."""
    settings = config.get_settings()
    others = (settings.get("storage_url"), settings.get("permission_url"))
    per_request = None if settings["cache_url"] in others else False
    client = create_from_config(config, prefix="cache_", per_request=per_request)
    return Cache(client, cache_prefix=settings["cache_prefix"])
