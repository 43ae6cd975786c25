"""How gunicorn serves: it reads this file where it is started."""

import os
import socket

from gunicorn.arbiter import Arbiter

bind = os.environ.get("BIND", "127.0.0.1:8888")
workers = int(os.environ.get("WORKERS", "{{workers}}"))
threads = int(os.environ.get("THREADS", "8"))
worker_class = "gthread"
# Requests in flight end within this time when the service is stopped.
graceful_timeout = 30
# A Next-Page may be longer than what gunicorn accepts by itself.
limit_request_line = 8190
limit_request_field_size = 8190


def when_ready(server: Arbiter) -> None:
    """Let the system cut clients that take nothing: writes would wait for ever."""
    milliseconds = int(1000 * float(os.environ.get("TAKES_NOTHING_SECONDS", "30")))
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        return
    for listener in server.LISTENERS:
        if listener.sock.family in (socket.AF_INET, socket.AF_INET6):
            # Connections that are accepted have it from here.
            listener.sock.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds
            )
