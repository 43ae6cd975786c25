"""gunicorn -c gunicorn.conf.py wsgi:application: workers that stop gracefully."""

import multiprocessing
import os
import shutil

bind = os.environ.get("BIND", "127.0.0.1:8888")
workers = int(os.environ.get("WORKERS", multiprocessing.cpu_count()))
threads = int(os.environ.get("THREADS", "8"))
worker_class = "gthread"
# Requests in flight end within this time when the service is stopped.
graceful_timeout = 30
timeout = 60
keepalive = 5
# Only nginx, on this machine, may tell scheme and address of clients.
forwarded_allow_ips = "127.0.0.1"


def on_starting(server):
    """Empty the directory in which workers share their metrics."""
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if directory:
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)


def child_exit(server, worker):
    """Forget what only a living worker can tell."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
