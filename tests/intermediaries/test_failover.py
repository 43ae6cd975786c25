"""HAProxy in front of a primary and its replica, which takes its place."""

import subprocess

import pytest

from cliquet.testing.servers import free_port, wait_for_port
from tests.failures.test_failover import fail_over, pair
from tests.programs import find_program
from tests.sync.proof import settings_for

__all__ = ["pair"]

HAPROXY = """\
defaults
    mode tcp
    timeout connect 2s
    timeout check 5s
    timeout client 1m
    timeout server 1m
frontend database
    bind 127.0.0.1:{port}
    default_backend primary
backend primary
    option pgsql-check user postgres
    default-server inter 200ms fall 1 rise 1 on-marked-down shutdown-sessions
    server one 127.0.0.1:{one} check
    server two 127.0.0.1:{two} check backup
"""


@pytest.mark.intermediaries("haproxy")
def test_a_balancer_leads_to_the_replica_that_is_promoted(pair, tmp_path):
    primary, standby, name = pair
    port, file = free_port(), tmp_path / "haproxy.cfg"
    file.write_text(HAPROXY.format(port=port, one=primary.port, two=standby.port))
    process = subprocess.Popen([find_program("haproxy"), "-db", "-f", str(file)])
    try:
        wait_for_port(port, process)
        url = f"postgresql://postgres@127.0.0.1:{port}/{name}"
        fail_over(primary, standby, settings_for("postgresql", url))
    finally:
        process.terminate()
        process.wait()
