"""Cached values in PostgreSQL: JSON text and the time it expires (backends §17.5).

Reading is one statement and ignores what has expired; writing removes a little of it.
Each operation is kept at once, whatever becomes of the request that it serves.
"""

import hashlib
from importlib import resources
from typing import Any

from cliquet import serialization
from cliquet.backends.postgresql import PostgreSQLClient, create_from_config
from cliquet.backends.statements import Frequent
from cliquet.cache.base import CacheBase
from cliquet.logs import logger

_LONGEST_KEY = 256

_VALID = "key = :key AND (ttl IS NULL OR ttl > localtimestamp)"
GET = Frequent(f"SELECT value FROM cache WHERE {_VALID}")
TTL = f"""SELECT CAST(EXTRACT(EPOCH FROM ttl - localtimestamp) AS double precision)
AS seconds FROM cache WHERE {_VALID} AND ttl IS NOT NULL"""
SET = """WITH expired AS (
    DELETE FROM cache WHERE key IN (
        SELECT key FROM cache WHERE ttl < localtimestamp AND key <> :key
        LIMIT 100 FOR UPDATE SKIP LOCKED))
INSERT INTO cache (key, value, ttl)
VALUES (:key, :value, sec2ttl(CAST(:ttl AS double precision)))
ON CONFLICT (key) DO UPDATE SET value = excluded.value, ttl = excluded.ttl"""
EXPIRE = """UPDATE cache SET ttl = sec2ttl(CAST(:ttl AS double precision))
WHERE key = :key"""
DELETE = "DELETE FROM cache WHERE key = :key"
FLUSH = "DELETE FROM cache"


class Cache(CacheBase):
    """Cache in a PostgreSQL database."""

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
        if dry_run:
            logger.info("Would create PostgreSQL cache tables that are missing.")
            return
        script = resources.files(__package__).joinpath("schema.sql")
        with self.client.connect(force_commit=True) as connection:
            connection.run_script(script.read_text(encoding="utf-8"))
        logger.info("Created PostgreSQL cache tables.")

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
        """Prefix a key; what is too long for the column is replaced by its digest."""
        full = self.prefix + key
        if len(full) <= _LONGEST_KEY:
            return full
        digest = hashlib.sha256(full.encode()).hexdigest()
        return f"{full[: _LONGEST_KEY - len(digest)]}{digest}"


def load_from_config(config: Any) -> Cache:
    """Build the cache (settings `cache_url`, `cache_prefix`, those of the pool)."""
    client = create_from_config(config, prefix="cache_")
    return Cache(client=client, cache_prefix=config.get_settings()["cache_prefix"])
