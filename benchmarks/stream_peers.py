"""Which other servers of event streams is `cliquet stream` compared with?"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.peers import HERE, Kind, make_environment, python_of
from cliquet.testing.servers import free_port, wait_for_port

_STARLETTE = Kind("sse-starlette", "sse", "asgi", "", ("sse-starlette", "uvicorn"))
#: Debian: apt-get install nginx libnginx-mod-nchan.
_NCHAN = os.environ.get("NCHAN", "/usr/lib/nginx/modules/ngx_nchan_module.so")
_NGINX = """
load_module {module};
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 20000; }}
http {{
    access_log off;
    client_body_temp_path {folder};
    server {{
        listen 127.0.0.1:{port} backlog=2048;
        location ~ ^/(\\w+)$ {{
            nchan_pubsub;
            nchan_channel_id $1;
            nchan_subscriber_first_message newest;
            nchan_eventsource_ping_interval 15;
        }}
    }}
}}
"""


@contextlib.contextmanager
def _starlette() -> Iterator[tuple[int, int]]:
    """Serve with sse-starlette and uvicorn, as `cliquet stream` does."""
    make_environment(_STARLETTE)
    port = free_port()
    command = [
        python_of(_STARLETTE),
        "-m",
        "uvicorn",
        "benchmarks.apps.sse:application",
    ]
    options = ["--port", str(port), "--no-access-log", "--backlog", "2048"]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    with _running([*command, *options], port, environment) as pid:
        yield port, pid


@contextlib.contextmanager
def _nchan() -> Iterator[tuple[int, int]]:
    """Serve with nginx; what is measured is its worker."""
    port = free_port()
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        conf = Path(folder, "nginx.conf")
        conf.write_text(_NGINX.format(module=_NCHAN, folder=folder, port=port))
        with _running([nginx, "-c", conf], port, os.environ) as pid:
            children = Path(f"/proc/{pid}/task/{pid}/children")
            while not (found := children.read_text().split()):
                time.sleep(0.05)
            yield port, int(found[0])


@contextlib.contextmanager
def _running(command, port, environment) -> Iterator[int]:
    process = subprocess.Popen(command, env=environment)
    try:
        wait_for_port(port, process)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


PEERS = {"sse-starlette": _starlette, "nchan": _nchan}


@contextlib.contextmanager
def started(name: str) -> Iterator[tuple[str, int]]:
    """Start a peer; yield the URL of the stream of `{user}`, and what serves it."""
    with PEERS[name]() as (port, pid):
        yield f"http://127.0.0.1:{port}/{{user}}", pid
