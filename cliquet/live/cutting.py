"""Clients that take nothing are cut by the system, whichever server writes to them."""

import socket

TAKES_NOTHING_SECONDS = 30.0
"""How long what was sent to a client may wait for it to be taken."""


def cut_who_takes_nothing(
    listener: socket.socket, seconds: float = TAKES_NOTHING_SECONDS
) -> None:
    """Let connections break whose client takes nothing.

    WSGI has no time for what is written, and servers wait for ever, with the thread and
    the place of the client. Connections that are accepted have the option of what
    listens; where the system does not know it, nobody is cut.

    Args:
        listener: A socket that listens, or is to.
        seconds: How long nothing may be taken.
    """
    is_known = hasattr(socket, "TCP_USER_TIMEOUT")
    if is_known and listener.family in (socket.AF_INET, socket.AF_INET6):
        milliseconds = int(seconds * 1000)
        option = socket.TCP_USER_TIMEOUT
        listener.setsockopt(socket.IPPROTO_TCP, option, milliseconds)
