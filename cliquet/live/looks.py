"""Which look is next, and for whom: decisions alone, of one event loop."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from cliquet.live.conversation import Reason

Asker = TypeVar("Asker")


@dataclass(eq=False)
class Job(Generic[Asker]):
    """A look that somebody asked for, or several.

    Attributes:
        key: What is asked; None for what is asked once.
        reason: Why, which says how urgent it is.
        askers: Those who asked, in order.
    """

    key: Hashable | None
    reason: Reason
    askers: list[Asker] = field(default_factory=list)


class Looks(Generic[Asker]):
    """The looks that are to be run: each reason has places of its own.

    So who was woken waits for those alone who were woken too, and those who look
    without a reason have their turn however many are woken.

    Args:
        places: How many are run at a time, by reason.
    """

    def __init__(self, places: Mapping[Reason, int]) -> None:
        self._places = places
        self._running = dict.fromkeys(places, 0)
        # In order, and left from anywhere.
        self._waiting: dict[Reason, dict[Job[Asker], None]] = {
            reason: {} for reason in places
        }
        self._by_key: dict[Any, Job[Asker]] = {}

    def add(self, asker: Asker, reason: Reason, key: Hashable | None) -> Job[Asker]:
        """Ask for a look; return that which is to be run.

        One that waits already and asks the same is shared: it has not begun, so that it
        finds all that this one has to.
        """
        job = None if key is None else self._by_key.get(key)
        if job is None:
            job = Job(key, reason)
            self._waiting[reason][job] = None
            if key is not None:
                self._by_key[key] = job
        elif reason < job.reason:
            self.hurry(job, reason)
        job.askers.append(asker)
        return job

    def hurry(self, job: Job[Asker], reason: Reason) -> None:
        """Make a look more urgent, if it waits."""
        if reason < job.reason and job in self._waiting[job.reason]:
            del self._waiting[job.reason][job]
            job.reason = reason
            self._waiting[reason][job] = None

    def leave(self, job: Job[Asker], asker: Asker) -> None:
        """Do not ask any longer; what nobody asks for is not run."""
        if job in self._waiting[job.reason]:
            job.askers.remove(asker)
            if not job.askers:
                self._take(job)

    def begin(self) -> Job[Asker] | None:
        """Return the next look to run; None if there is none, or no place."""
        for reason, waiting in self._waiting.items():
            if waiting and self._running[reason] < self._places[reason]:
                job = next(iter(waiting))
                self._take(job)
                self._running[reason] += 1
                return job
        return None

    def end(self, job: Job[Asker]) -> None:
        """Release the place of a look that was run."""
        self._running[job.reason] -= 1

    def _take(self, job: Job[Asker]) -> None:
        del self._waiting[job.reason][job]
        if job.key is not None:
            del self._by_key[job.key]
