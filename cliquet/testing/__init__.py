"""What tests of applications are given by the fixtures of `pytest_cliquet`.

Nothing of it is for production (docs: testing).
"""

from cliquet.testing.application import Application, Builder
from cliquet.testing.clients import Client, ClientFactory
from cliquet.testing.clock import FrozenClock
from cliquet.testing.events import Events

__all__ = [
    "Application",
    "Builder",
    "Client",
    "ClientFactory",
    "Events",
    "FrozenClock",
]
