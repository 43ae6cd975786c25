"""A cache in PostgreSQL: values as JSON text, with the time they expire.

Reading is one statement and ignores what has expired; writing removes a little of it.
Each operation is committed at once, whatever becomes of the request that it serves.
"""

import hashlib
from importlib import resources
from typing import Any

from cliquet import serialization
from cliquet.cache.base import CacheBase
from cliquet.engines.sql.creation import create_tables
from cliquet.engines.sql.driver import Prepared
from cliquet.engines.sql.postgresql import PostgreSQLClient, create_from_config
from cliquet.logs import logger

_LONGEST_KEY = 256

# Whatever the time zone of the session.
_NOW = "(now() AT TIME ZONE 'UTC')"
_VALID = f"key = :key AND (ttl IS NULL OR ttl > {_NOW})"
_EXPIRY = f"{_NOW} + make_interval(secs => CAST(:ttl AS double precision))"
GET = Prepared(f"SELECT value FROM cache WHERE {_VALID}")
# A decimal: how a float is written depends on the session.
TTL = f"""SELECT CAST(EXTRACT(EPOCH FROM ttl - {_NOW}) AS numeric) AS seconds
FROM cache WHERE {_VALID} AND ttl IS NOT NULL"""
SET = f"""WITH expired AS (
    DELETE FROM cache WHERE key IN (
        SELECT key FROM cache WHERE ttl < {_NOW} AND key <> :key
        LIMIT 100 FOR UPDATE SKIP LOCKED))
INSERT INTO cache (key, value, ttl) VALUES (:key, :value, {_EXPIRY})
ON CONFLICT (key) DO UPDATE SET value = excluded.value, ttl = excluded.ttl"""
EXPIRE = f"UPDATE cache SET ttl = {_EXPIRY} WHERE key = :key"
DELETE = "DELETE FROM cache WHERE key = :key"
FLUSH = "DELETE FROM cache"


class Cache(CacheBase):
    """Cache in a PostgreSQL database."""

    tables = ("cache",)

    def __init__(
        self,
        client: PostgreSQLClient,
        *args: Any,
        cache_prefix: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(cache_prefix=cache_prefix)
        self.client = client

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create the table if it is missing."""
        script = resources.files(__package__).joinpath("schema.sql")
        scripts = [script.read_text(encoding="utf-8")]
        create_tables(self.client, "PostgreSQL cache", self.tables, scripts, dry_run)

    def flush(self) -> None:
        with self.client.connect_apart() as connection:
            connection.run(FLUSH)
        logger.debug("Flushed PostgreSQL cache tables.")

    def ttl(self, key: str) -> float:
        with self.client.connect_apart() as connection:
            row = connection.row(TTL, key=self._key(key))
        return -1 if row is None else float(row.seconds)

    def expire(self, key: str, ttl: float) -> None:
        with self.client.connect_apart() as connection:
            connection.run(EXPIRE, key=self._key(key), ttl=ttl)

    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        text = serialization.dumps(value)
        with self.client.connect_apart() as connection:
            connection.run(SET, key=self._key(key), value=text, ttl=ttl)

    def get(self, key: str) -> Any:
        with self.client.connect_apart() as connection:
            row = connection.row(GET, key=self._key(key))
        return None if row is None else serialization.loads(row.value)

    def delete(self, key: str) -> None:
        with self.client.connect_apart() as connection:
            connection.run(DELETE, key=self._key(key))

    def _key(self, key: str) -> str:
        """Return a key with its prefix; what is too long for the column is digested."""
        full = self.prefix + key
        if len(full) <= _LONGEST_KEY:
            return full
        digest = hashlib.sha256(full.encode()).hexdigest()
        return f"{full[: _LONGEST_KEY - len(digest)]}{digest}"


def load_from_config(config: Any) -> Cache:
    """Return the cache (settings `cache_url`, `cache_prefix`, those of the pool)."""
    client = create_from_config(config, prefix="cache_")
    return Cache(client=client, cache_prefix=config.get_settings()["cache_prefix"])
