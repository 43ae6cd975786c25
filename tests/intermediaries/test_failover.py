"""HAProxy in front of a primary and its replica, which takes its place."""

from contextlib import closing

import pytest

from tests.failures.test_failover import fail_over, pair
from tests.intermediaries.proxies import DATABASES, HAProxy
from tests.sync.proof import settings_for

__all__ = ["pair"]

BACKEND = """\
backend primary
    option pgsql-check user postgres
    default-server inter 200ms fall 1 rise 1 on-marked-down shutdown-sessions
    server one 127.0.0.1:{one} check
    server two 127.0.0.1:{two} check backup
"""


@pytest.mark.intermediaries("haproxy")
def test_a_balancer_leads_to_the_replica_that_is_promoted(pair):
    primary, standby, name = pair
    backend = BACKEND.format(one=primary.port, two=standby.port)
    with closing(HAProxy(recipe=DATABASES + backend)) as proxy:
        url = f"postgresql://postgres@127.0.0.1:{proxy.port}/{name}"
        fail_over(primary, standby, settings_for("postgresql", url))
