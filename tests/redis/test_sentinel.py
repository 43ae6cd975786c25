"""A primary that fails: the service goes on with the server that was promoted."""

import pytest

from tests.redis.service import (
    BODY,
    LIST,
    Load,
    check_that_it_went_on,
    is_back,
    serve,
    stored,
)
from tests.redundant import SERVICE, Sentinels, server_of_debian, wait_until
from tests.sync.proof import HEADERS

pytestmark = pytest.mark.long


@pytest.fixture
def sentinels():
    found = Sentinels()
    yield found
    found.close()


def test_a_primary_that_fails_under_load_is_back(sentinels):
    app = serve(sentinels.url)
    with Load(app, clients=4) as load:
        load.wait_for_more(100)
        replicated = set(load.acknowledged)
        primary = sentinels.primary()
        assert primary.client().wait(2, 0) == 2

        primary.kill()
        load.wait_for_more(100)

    found = check_that_it_went_on(app, load, replicated)

    primary.start()
    sentinels.wait()
    assert stored(app) == found


def test_idle_connections_follow_a_primary_that_hands_over(sentinels):
    app = serve(sentinels.url)
    app.post_json(LIST, BODY, headers=HEADERS)
    before = sentinels.primary()
    assert before.client().wait(2, 0) == 2

    sentinels.sentinels[0].client().execute_command("SENTINEL", "FAILOVER", SERVICE)
    wait_until(lambda: sentinels.primary() is not before)
    wait_until(lambda: before.client().role()[0] == b"slave")
    answers = [
        app.post_json(LIST, BODY, headers=HEADERS, status="*") for _ in range(10)
    ]

    assert {each.status_int for each in answers} <= {201, 503}
    assert answers[-1].status_int == 201
    created = [each for each in answers if each.status_int == 201]
    assert len(stored(app)) == 1 + len(created)


def test_two_sentinels_of_three_may_be_away(sentinels):
    for each in sentinels.sentinels[:2]:
        each.kill()

    serve(sentinels.url).post_json(LIST, BODY, headers=HEADERS, status=201)


def test_without_sentinels_it_is_a_503_that_tells_no_password(caplog):
    url = f"redis+sentinel://user:url-password@127.0.0.1:1,127.0.0.1:2/{SERVICE}"
    app = serve(url)

    app.post_json(LIST, BODY, headers=HEADERS, status=503)

    assert "No master found for 'records'" in caplog.text
    assert "url-password" not in caplog.text


def cut_off(sentinels):
    """Replicas lose their primary, which goes on, and cannot come back to it."""
    primary = sentinels.primary()
    replicas = [each for each in sentinels.servers if each is not primary]
    assert primary.client().wait(2, 0) == 2
    for each in replicas:
        each.client().config_set("masterauth", "wrong")
    primary.client().client_kill_filter(_type="replica")
    for each in replicas:
        wait_until(
            lambda each=each: (
                each.client().info("replication")["master_link_status"] == "down"
            )
        )
    return primary


def test_what_no_replica_has_is_lost_with_the_primary(sentinels):
    app = serve(sentinels.url)
    app.post_json(LIST, BODY, headers=HEADERS)
    kept = stored(app)

    primary = cut_off(sentinels)
    app.post_json(LIST, BODY, headers=HEADERS, status=201)
    primary.kill()
    wait_until(lambda: is_back(app))

    assert stored(app) == kept


@pytest.mark.intermediaries("redis-check-rdb")
def test_what_no_replica_takes_is_refused_where_the_server_wants_one(tmp_path):
    wanted = ["--min-replicas-to-write", "1", "--min-replicas-max-lag", "10"]
    sentinels = Sentinels(server_of_debian(tmp_path), wanted)
    try:
        app = serve(sentinels.url)
        app.post_json(LIST, BODY, headers=HEADERS)
        kept = stored(app)

        primary = cut_off(sentinels)
        refused = app.post_json(LIST, BODY, headers=HEADERS, status=503)
        assert "Retry-After" in refused.headers
        primary.kill()
        wait_until(lambda: is_back(app))

        assert stored(app) == kept
    finally:
        sentinels.close()
