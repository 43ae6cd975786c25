"""gunicorn -c gunicorn.conf.py wsgi:application: workers that stop gracefully."""

import multiprocessing
import os
import shutil
import socket
import tempfile

bind = os.environ.get("BIND", "127.0.0.1:8888")
workers = int(os.environ.get("WORKERS", multiprocessing.cpu_count()))
threads = int(os.environ.get("THREADS", "8"))
worker_class = "gthread"
# Requests in flight end within this time when the service is stopped.
graceful_timeout = 30
timeout = 60
keepalive = 5
# As much as nginx lets through (large_client_header_buffers): a Next-Page may be longer
# than the 4,094 bytes of a request line that gunicorn accepts by itself.
limit_request_line = 8190
limit_request_field_size = 8190
limit_request_fields = 100
# Only nginx, on this machine, may say which scheme and address clients have.
forwarded_allow_ips = "127.0.0.1"


# Workers share their metrics there: each scrape would show those of one, otherwise.
_OWN = "cliquet-metrics-"
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=_OWN)


def on_starting(server):
    """Empty the directory in which workers share their metrics."""
    directory = os.environ["PROMETHEUS_MULTIPROC_DIR"]
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)


def when_ready(server):
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


def on_exit(server):
    """Remove that directory, if nobody asked for it."""
    directory = os.environ["PROMETHEUS_MULTIPROC_DIR"]
    if os.path.basename(directory).startswith(_OWN):
        shutil.rmtree(directory, ignore_errors=True)


def child_exit(server, worker):
    """Drop the gauges of a worker that is gone."""
    try:
        from prometheus_client import multiprocess
    except ImportError:
        return
    multiprocess.mark_process_dead(worker.pid)
