"""A primary dies under load, and its replica takes its place: nothing is lost.

The replica is synchronous: what was acknowledged is on both. Clients of the service
are refused meanwhile, and nobody restarts anything but the database.
"""

import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

from cliquet.testing.servers import PostgreSQLServer
from tests.failures.test_failures import ENGINES, Load, check_nothing_lost, health
from tests.replication import Standby, ask, kill
from tests.sync.proof import Poller, compare, read_collection, servers, settings_for
from tests.waiting import eventually

pytestmark = pytest.mark.long


@pytest.fixture
def pair():
    primary = PostgreSQLServer()
    url = primary.create_database()
    engine = ENGINES["postgresql"]
    engine.prepare(settings_for("postgresql", url))
    standby = Standby(primary, "standby")
    command = "ALTER SYSTEM SET synchronous_standby_names = 'standby'"
    subprocess.run(
        [primary.binaries / "psql", "-qh", "127.0.0.1", "-p", str(primary.port), "-U",
         "postgres", "-c", command, "-c", "SELECT pg_reload_conf()"],
        check=True, stdout=subprocess.DEVNULL, **primary.run_as,
    )  # fmt: skip
    sync = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
    assert eventually(lambda: ask(primary, sync) == 1)
    yield primary, standby, url.rpartition("/")[2]
    standby.close()
    primary.close()


def poll(stopped, poller):
    """Poll a service that may refuse it: a copy is never told less than it has."""
    while not stopped.is_set():
        try:
            poller.poll()
        except AssertionError as error:
            assert "answered 503" in str(error)
            time.sleep(0.02)


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_a_replica_that_is_promoted_has_all_that_was_acknowledged(pair, driver):
    primary, standby, name = pair
    hosts = "&".join(f"host=127.0.0.1:{each.port}" for each in (primary, standby))
    url = (
        f"postgresql+{driver}://postgres@/{name}?{hosts}"
        "&target_session_attrs=read-write"
    )
    fail_over(primary, standby, settings_for("postgresql", url))


def fail_over(primary, standby, settings):
    """Kill a primary under load, promote its replica, and compare."""
    with under_load(settings) as (load, other):
        died = time.monotonic()
        kill(primary)
        assert eventually(load.is_refused)
        standby.promote()
        promoted = time.monotonic()
        load.wait_for_more(1)
        print(
            f"without writes {time.monotonic() - died:.2f} s, of which after the"
            f" promotion {time.monotonic() - promoted:.2f} s"
        )
        other.wait_for_more()


@contextmanager
def under_load(settings):
    """Write to two servers and poll them meanwhile; compare in the end."""
    with servers(settings, 2) as ports:
        stopped = threading.Event()
        pollers = [Poller(port, conditional=port == ports[0]) for port in ports]
        polling = [
            threading.Thread(target=poll, args=(stopped, each)) for each in pollers
        ]
        for each in polling:
            each.start()
        with Load(ports[0]) as load, Load(ports[1]) as other:
            load.wait_for_more()
            yield load, other
        stopped.set()
        for each in polling:
            each.join()
        assert health(ports[0])[0] == 200
        for found in (load, other):
            check_nothing_lost(found, ports[0], batches=False)
        expected = read_collection(ports[1])
        for each in pollers:
            compare(each, expected, "poller")
