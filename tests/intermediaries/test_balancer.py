"""A balancer takes out servers that are ill, and no others."""

import pytest

from tests.intermediaries.proxies import HAProxy
from tests.waiting import eventually

pytestmark = pytest.mark.intermediaries("haproxy")

CHECK = "/v0/__lbheartbeat__"


def test_clients_are_told_that_the_service_has_ended(serve, started):
    origin = serve(eos="2001-01-01", eos_message="Farewell")
    balancer = started(HAProxy(origin.port))
    assert eventually(lambda: origin.count(CHECK, "GET") > 5)

    answer = balancer.get("/v0/spores")

    assert answer.status_code == 410
    assert "Farewell" in answer.headers["Alert"]


def test_a_service_that_died_is_taken_out(serve, started):
    origin = serve()
    balancer = started(HAProxy(origin.port))
    assert eventually(lambda: balancer.get("/v0/").status_code == 200)

    origin.close()

    assert eventually(lambda: balancer.get("/v0/").status_code == 503)
