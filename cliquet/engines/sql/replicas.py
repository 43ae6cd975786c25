"""Replicas of a database of PostgreSQL, which are read from where a request may.

One that does not answer is left alone for a while, and its reads go to the primary: all
reads of a request after it, so that none of them sees less than the one before.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from cliquet.engines.exceptions import QUERY_CANCELED, sqlstate
from cliquet.engines.reading import Reading, current_reading
from cliquet.engines.sql.client import as_ours
from cliquet.engines.sql.connection import Connection, Sender, take_outside
from cliquet.engines.sql.postgresql import (
    EXAMPLE,
    PostgreSQLClient,
    make_client,
    parse_url,
    read_options,
)
from cliquet.engines.urls import invalid_url
from cliquet.logs import logger
from cliquet.types import Timestamp

#: How long one that did not answer is left alone.
RETRY_SECONDS = 10

#: A primary has no lag. One that has replayed all that it received is behind by what it
#: does not receive: only while it is connected that is nothing.
_LAG = """SELECT CASE
    WHEN NOT pg_is_in_recovery() THEN 0
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
        AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
    ELSE GREATEST(0, extract(
        epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()))
    END AS seconds"""

_IS_REPLICA = "SELECT pg_is_in_recovery() AS is_replica"

#: SQLSTATE of servers that start or stop, and cut connections.
_SHUTDOWN = "57P"

Found = TypeVar("Found")
Work = Callable[[Connection], Found]


class _UnansweredError(Exception):
    """A replica gave no answer, and the primary may have one."""


class Replica:
    """One replica.

    Args:
        name: What the log calls it.
        client: Connections to it.
        clock: Returns seconds.
    """

    def __init__(
        self,
        name: str,
        client: PostgreSQLClient,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._is_away = False
        self._tried_at = 0.0

    def is_asked(self) -> bool:
        """Return whether to ask it: one that was away, by one request in a while."""
        if not self._is_away:
            return True
        with self._lock:
            now = self._clock()
            is_due = now - self._tried_at >= RETRY_SECONDS
            if is_due:
                self._tried_at = now
            return is_due

    def run(self, work: Work[Found]) -> Found:
        """Return what some reads find.

        Raises:
            _UnansweredError: It does not answer, or not this.
            BackendError: A statement took too long: it would on the primary.
        """
        try:
            found = self._run_again(work)
        except PoolTimeoutError as error:
            raise _UnansweredError from error
        except SQLAlchemyError as error:
            if sqlstate(error) == QUERY_CANCELED:
                raise as_ours(error) from error
            if _is_lost(error):
                self._note_away(error)
            raise _UnansweredError from error
        self._note_here()
        return found

    def _run_again(self, work: Work[Found]) -> Found:
        try:
            return self._run_once(work)
        except SQLAlchemyError as error:
            if not getattr(error, "connection_invalidated", False):
                raise
        # It may have been restarted since the connection was opened.
        return self._run_once(work)

    def _run_once(self, work: Work[Found]) -> Found:
        sender = take_outside(self.client.engine, self.client.limits)
        try:
            return work(_Reads(sender))
        finally:
            sender.close()

    def _note_away(self, error: Exception) -> None:
        with self._lock:
            was_away, self._is_away = self._is_away, True
            self._tried_at = self._clock()
        if not was_away:
            reason = str(getattr(error, "orig", error)).partition("\n")[0]
            logger.warning(
                f"{self.name} does not answer: its reads go to the primary until it "
                "does",
                error=reason,
            )

    def _note_here(self) -> None:
        if not self._is_away:
            return
        with self._lock:
            was_away, self._is_away = self._is_away, False
        if was_away:
            logger.info(f"{self.name} answers again")

    def lag(self) -> float | None:
        """Return how many seconds it is behind the primary; None if it does not say."""
        if not self.is_asked():
            return None
        try:
            row: Any = self.run(lambda connection: connection.row(_LAG))
        except _UnansweredError:
            return None
        return None if row.seconds is None else float(row.seconds)


class _Reads(Connection):
    """What statements are sent to a replica by; it has no session."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender


def _is_lost(error: SQLAlchemyError) -> bool:
    """Return whether there is no connection: the server told no state."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    is_broken: bool = getattr(error, "connection_invalidated", False)
    return is_broken or (sqlstate(error) or _SHUTDOWN).startswith(_SHUTDOWN)


class Replicas:
    """All of them, asked in turn: one request reads from one."""

    def __init__(self, members: Sequence[Replica]) -> None:
        self.members = members
        self._lock = threading.Lock()
        self._turn = 0

    def read(self, client: PostgreSQLClient, work: Work[Found]) -> Found:
        """Return what some reads find, on a replica if the request may ask one.

        Args:
            client: Connections to the primary.
            work: Sends them; again to the primary, if the replica does not answer.

        Raises:
            BackendError: Nobody answers.
        """
        return self._read(client, work)[0]

    def prove(
        self,
        client: PostgreSQLClient,
        work: Work[Found],
        reached: Callable[[Found], Timestamp],
    ) -> Found:
        """Read what shows how new the collection of the request is.

        Args:
            client: Connections to the primary.
            work: Reads it.
            reached: Returns that timestamp.

        Raises:
            BehindError: The client knows a newer one.
            BackendError: Nobody answers.
        """
        found, replica = self._read(client, work)
        reading = current_reading()
        if reading is None or reading.prove(reached(found), replica):
            return found
        if replica is not None or (reading.is_readonly and _is_replica(client)):
            raise reading.refuse("The client knows what has not come here yet")
        # It is the primary: whatever the client means, this is all there is.
        reading.prove(reading.minimum, None)
        return found

    def _read(
        self, client: PostgreSQLClient, work: Work[Found]
    ) -> tuple[Found, Replica | None]:
        """Return what reads find, and which replica answered; None for the primary."""
        reading = current_reading()
        if reading is not None and reading.uses_replicas and self._may_ask(client):
            for replica in self._in_turn(reading):
                with suppress(_UnansweredError):
                    found = replica.run(work)
                    reading.answered(self, replica)
                    return found, replica
            reading.uses_replicas = False
        with client.connect(readonly=True) as connection:
            return work(connection), None

    def _may_ask(self, client: PostgreSQLClient) -> bool:
        return bool(self.members) and not client.is_in_transaction()

    def _in_turn(self, reading: Reading) -> Iterator[Replica]:
        """Yield the replica that the request has read from, or all to choose from."""
        if self in reading.chosen:
            yield reading.chosen[self]
            return
        with self._lock:
            self._turn = first = (self._turn + 1) % len(self.members)
        for each in (*self.members[first:], *self.members[:first]):
            if each.is_asked():
                yield each


def _is_replica(client: PostgreSQLClient) -> bool:
    with client.connect(readonly=True) as connection:
        row: Any = connection.row(_IS_REPLICA)
    return bool(row.is_replica)


NO_REPLICAS = Replicas(())


def load_replicas(config: Any, kind: str) -> Replicas:
    """Return the replicas of the setting `<kind>_read_url`; noted in the registry.

    Backends with the same ones share them, so that a request reads both from one.

    Raises:
        InvalidURLError: One is the URL of something else.
    """
    settings, name = config.get_settings(), f"{kind}_read_url"
    urls = tuple(str(settings.get(name) or "").split())
    if not urls:
        return NO_REPLICAS
    known: dict[str, tuple[tuple[str, ...], Replicas]]
    known = vars(config.registry).setdefault("replicas_by_kind", {})
    shared = (found for others, found in known.values() if others == urls)
    replicas = next(shared, None) or Replicas(
        [
            Replica(f"Replica {number} of {name}", _connect(config, kind, url))
            for number, url in enumerate(urls, 1)
        ]
    )
    known[kind] = urls, replicas
    return replicas


def _connect(config: Any, kind: str, url: str) -> PostgreSQLClient:
    """Return a client of one replica, with the other settings of its primary."""
    settings, prefix, read = config.get_settings(), f"{kind}_", f"{kind}_read_"
    shown = {f"{read}url": url}
    parsed = parse_url(shown, read, url)
    if parsed.get_backend_name() != "postgresql":
        raise invalid_url(shown, read, EXAMPLE)
    options = read_options(config, prefix)
    return make_client(settings, prefix, parsed, options, per_request=False)
