"""Answers that are kept, to be told again to whoever sends the same request again.

An answer is kept under a key, in the transaction of what it tells of, where there is
one: both are there, or neither. While the first request runs, its key is claimed by its
transaction.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple

import transaction

from cliquet.types import Timestamp


class Answer(NamedTuple):
    """An answer that is kept.

    Attributes:
        fingerprint: Of the request that it answered.
        content: What is told again, as text.
        expires: When it is forgotten, in milliseconds since the Unix epoch.
    """

    fingerprint: str
    content: str
    expires: Timestamp


class KeptAnswers:
    """The part of a storage that keeps answers, if it does.

    Attributes:
        keeps_answers: Whether it does, with the transaction of a request.
    """

    keeps_answers: bool = False

    def claim_answer(self, key: str) -> Answer | None:
        """Return what is kept under a key; nobody else claims it meanwhile.

        Until the transaction ends, whether it commits, fails or dies with the process.

        Args:
            key: Any text that is short.

        Raises:
            ClaimedError: Another transaction has claimed it. Nobody waits for it.
        """
        raise NotImplementedError

    def keep_answer(self, key: str, answer: Answer) -> None:
        """Keep an answer under a key that was claimed, if the transaction commits."""
        raise NotImplementedError

    def purge_answers(self) -> int:
        """Forget answers that expired, maybe not all at once; return how many."""
        return 0


class Claims:
    """Keys that transactions of this process have claimed, each until its end.

    Args:
        ending: Called before a key can be claimed again, with the key and whether the
            transaction was committed.
    """

    def __init__(
        self, ending: Callable[[str, bool], None] = lambda key, committed: None
    ) -> None:
        self._ending = ending
        self._lock = Lock()
        self._owners: dict[str, Any] = {}

    def take(self, key: str) -> bool:
        """Claim a key for the current transaction; return False if it is another's."""
        current = transaction.get()
        with self._lock:
            owner = self._owners.get(key)
            if owner is not None:
                return owner is current
            self._owners[key] = current
        is_taken = False
        try:
            # Others have not to wait for what is asked of a server.
            is_taken = self._take_outside(key)
        finally:
            if not is_taken:
                with self._lock:
                    del self._owners[key]
        if not is_taken:
            return False
        current.addAfterCommitHook(self._end, args=(key, current))
        current.addAfterAbortHook(self._end, args=(False, key, current))
        return True

    def _take_outside(self, key: str) -> bool:
        """Claim it from other processes, where there are any."""
        return True

    def _release_outside(self, key: str) -> None:
        pass

    def _end(self, committed: bool, key: str, owner: Any) -> None:
        with self._lock:
            # A commit that failed is aborted besides: it may be another's by then.
            if self._owners.get(key) is not owner:
                return
        try:
            self._ending(key, committed)
        finally:
            try:
                self._release_outside(key)
            finally:
                with self._lock:
                    self._owners.pop(key, None)
