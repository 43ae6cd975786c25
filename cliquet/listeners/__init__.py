"""Listeners: what the settings name to be notified of events.

``registration`` reads the settings, ``delivery`` notifies after the commit, ``redis``
is a listener that pushes events to a list.
"""

from typing import Any


class ListenerBase:
    """A callable notified of events, built from settings.

    Deriving from it is not required: the module of a listener has a
    ``load_from_config(config, prefix)`` that returns any callable, where ``prefix`` is
    that of its own settings, ``event_listeners.<name>.``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Accept anything: each listener has its own options."""

    def __call__(self, event: Any) -> None:
        """Do something with an event of ``cliquet.events``.

        What it raises undoes the change, unless it is notified after the commit.
        """
        raise NotImplementedError
