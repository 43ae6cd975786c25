"""Proxies and caches in front of an origin: private, on loopback, ended by their id."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from cliquet.testing.servers import free_port, wait_for_port
from tests.intermediaries.origin import Client
from tests.programs import find_program


class Proxy(Client):
    """A program that listens on a free port, with a directory of its own.

    Args:
        origin: The port of the service, if it is not in the options.
    """

    def __init__(self, origin=None, **options):
        super().__init__(free_port())
        self.directory = Path(tempfile.mkdtemp(prefix="cliquet-proxy-"))
        self.log = self.directory / "output.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                self.command(origin, **options), stdout=output, stderr=output
            )
        try:
            wait_for_port(self.port, self.process, 60)
        except RuntimeError as error:
            told = self.log.read_text(errors="replace")
            self.close()
            raise RuntimeError(f"{error}\n{told}") from error

    def command(self, origin, **options):
        """Write what the program is configured by; the command."""
        raise NotImplementedError

    def close(self):
        super().close()
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class Varnish(Proxy):
    """Varnish with its own VCL: what is kept follows from the headers."""

    def command(self, origin, parameters=()):
        return [
            find_program("varnishd"), "-F", "-j", "none", "-T", "none",
            *("-a", f"127.0.0.1:{self.port}", "-b", f"127.0.0.1:{origin}"),
            *("-n", str(self.directory / "varnish"), "-s", "malloc,32m"),
            *(part for each in parameters for part in ("-p", each)),
        ]  # fmt: skip


NGINX = """
daemon off;
worker_processes 1;
{user}
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    proxy_cache_path {directory}/cache keys_zone=service:1m inactive=10m;
    {servers}
}}
"""
FORWARD = """
server {{
    listen 127.0.0.1:{port};
    location / {{
        proxy_pass http://127.0.0.1:{origin};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        {directives}
    }}
}}
"""


class Nginx(Proxy):
    """nginx with one server: directives of its location, or a whole one."""

    def command(self, origin, directives="", servers=FORWARD):
        servers = servers.format(port=self.port, origin=origin, directives=directives)
        # It would leave root for somebody who may not enter the directory.
        user = "user root;" if os.geteuid() == 0 else ""
        text = NGINX.format(directory=self.directory, user=user, servers=servers)
        file = self.directory / "nginx.conf"
        file.write_text(text)
        log = self.directory / "error.log"
        return [find_program("nginx"), "-p", str(self.directory), "-e", str(log),
                "-c", str(file)]  # fmt: skip


HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    option httpchk GET /v0/__lbheartbeat__
frontend clients
    bind 127.0.0.1:{port}
    default_backend service
backend service
    server only 127.0.0.1:{origin} check inter 100 fall 2 rise 1
"""


#: It waits for whole bodies, as far as its buffer goes.
BUFFERED = HAPROXY.replace(
    "    default_backend", "    option http-buffer-request\n    default_backend"
)


#: In front of databases: what remains to be said is the backend.
DATABASES = """\
defaults
    mode tcp
    timeout connect 2s
    timeout check 5s
    timeout client 1m
    timeout server 1m
frontend database
    bind 127.0.0.1:{port}
    default_backend primary
"""


class HAProxy(Proxy):
    """HAProxy: it passes bodies on as they come, and looks after the health of servers."""

    def command(self, origin=None, recipe=HAPROXY):
        file = self.directory / "haproxy.cfg"
        file.write_text(recipe.format(port=self.port, origin=origin))
        return [find_program("haproxy"), "-db", "-f", str(file)]
