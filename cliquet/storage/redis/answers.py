"""Answers that are kept in Redis, and the claims of the processes that look for them.

There are no transactions: an answer is kept right after what it tells of. A claim is a
key with the name of the process that has it, and holds as long as that process lives,
which it shows by a subscription: the connection ends with the process.
"""

import os
import uuid
from threading import Lock
from typing import Any

import redis

from cliquet import serialization
from cliquet.storage.answers import Answer, Claims
from cliquet.storage.exceptions import ClaimedError
from cliquet.timestamps import msec_time

ANSWERS, CLAIMS = "idempotent_answers:", "idempotent_claims:"
"""What keys of answers, and of claims, begin with."""

#: However it came that nobody released it. No request takes as long.
_CLAIM_SECONDS = 3600
_REPLACE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('DEL', KEYS[1])
end
"""


class Answers:
    """Answers of a Redis database.

    Args:
        client: A `redis.Redis` whose replies are bytes.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._claims = _RedisClaims(client, self._end)
        self._uncommitted: dict[str, Answer] = {}

    def claim(self, key: str) -> Answer | None:
        """Return what is kept under a key; nobody else claims it meanwhile.

        Raises:
            ClaimedError: Another request has claimed it.
        """
        if not self._claims.take(key):
            raise ClaimedError(key)
        kept = self._uncommitted.get(key)
        if kept is None and (text := self._client.get(ANSWERS + key)) is not None:
            kept = Answer(*serialization.loads_stored(text))
        return kept if kept is not None and kept.expires > msec_time() else None

    def keep(self, key: str, answer: Answer) -> None:
        """Keep an answer under a key that was claimed, if the request succeeds."""
        self._uncommitted[key] = answer

    def _end(self, key: str, committed: bool) -> None:
        answer = self._uncommitted.pop(key, None)
        left = answer.expires - msec_time() if answer is not None else 0
        if committed and left > 0:
            text = serialization.dumps(answer)
            self._client.set(ANSWERS + key, text, px=left)


class _RedisClaims(Claims):
    """Claims that all processes see which use a Redis database."""

    def __init__(self, client: Any, ending: Any) -> None:
        super().__init__(ending)
        self._client = client
        self._life = _Life(client)
        self._replace = client.register_script(_REPLACE)
        self._release = client.register_script(_RELEASE)

    def _take_outside(self, key: str) -> bool:
        name, own = CLAIMS + key, self._life.show()
        while not self._client.set(name, own, nx=True, ex=_CLAIM_SECONDS):
            owner = self._client.get(name)
            if owner is None:
                continue
            # One of ours that nobody here has was not released when it ended.
            if owner.decode() != own and self._life.is_shown_by(owner):
                return False
            if self._replace(keys=[name], args=[owner, own, _CLAIM_SECONDS]):
                break
        return True

    def _release_outside(self, key: str) -> None:
        self._release(keys=[CLAIMS + key], args=[self._life.channel])


class _Life:
    """That this process lives, which others see, by a channel that it is subscribed to.

    Args:
        client: Of the database; the subscription has a connection beside its pool.

    Attributes:
        channel: Its name.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = Lock()
        self._process: int | None = None
        self.channel = ""
        self._subscription: Any = None

    def show(self) -> str:
        """Return the name of the channel, once this process is subscribed to it."""
        with self._lock:
            if self._process != os.getpid():
                # What another process opened is not touched: this one is its child.
                self._process, self._subscription = os.getpid(), None
                self.channel = f"idempotent_claims:{uuid.uuid4().hex}"
            if self._subscription is None or not self.is_shown_by(self.channel):
                self._subscribe()
            return self.channel

    def is_shown_by(self, channel: str | bytes) -> bool:
        """Return whether a process is subscribed to a channel."""
        ((_, count),) = self._client.pubsub_numsub(channel)
        return bool(count)

    def _subscribe(self) -> None:
        known = self._client.connection_pool
        pool = redis.ConnectionPool(
            connection_class=known.connection_class,
            max_connections=1,
            **known.connection_kwargs,
        )
        self._subscription = redis.Redis(connection_pool=pool).pubsub()  # type: ignore[no-untyped-call]
        self._subscription.subscribe(self.channel)
        # The server has heard of it once it answers.
        self._subscription.get_message(
            timeout=known.connection_kwargs.get("socket_timeout")
        )
