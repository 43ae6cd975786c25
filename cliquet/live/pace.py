"""How often something happens to those who wait, without a reason."""

import random
from collections.abc import Callable
from dataclasses import dataclass

LOOK_SECONDS = 30.0
"""How often there is a look, where wake-ups of other processes do not arrive."""
LOOK_SECONDS_IF_WOKEN = 120.0
"""The same where they do: a look is for the one that was lost."""


@dataclass(frozen=True)
class Pace:
    """How often something happens by itself, in seconds.

    Attributes:
        look: A look, at the latest, whether or not there was a wake-up.
        comment: A comment, where nothing else was sent.
        retry: A look, after one that failed.
        chance: Returns a number from 0 to 1.
    """

    look: float = LOOK_SECONDS
    comment: float = 15.0
    retry: float = 5.0
    chance: Callable[[], float] = random.random

    def until_look(self) -> float:
        """Return how long there is no look, after one.

        Half of the time at least, so that those who began together, after a restart or
        a wake-up of all, do not look together for ever.
        """
        return self.look * (1 + self.chance()) / 2
