"""What is a listener?"""

from typing import Any


class ListenerBase:
    """A callable told of events, made from settings (python-api §20.1).

    Deriving from it is not required: a listener module offers a
    ``load_from_config(config, prefix)`` that answers any callable.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Accept anything: each listener has its own options."""

    def __call__(self, event: Any) -> None:
        """Do something with an event, inside its transaction."""
        raise NotImplementedError
