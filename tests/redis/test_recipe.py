"""What the page on several machines tells to configure does what it says."""

import re
import textwrap
from pathlib import Path

import pytest

from tests.redis.service import BODY, LIST, is_back, key_of_records, serve, stored
from tests.redis.test_security import RIGHTS, USER
from tests.redundant import SERVICE, Cluster, Sentinels, server_of_debian, wait_until
from tests.sync.proof import HEADERS

PAGE = (Path(__file__).parents[2] / "docs" / "redis.rst").read_text()
BLOCK = re.compile(r"    :caption: (\S+)\n\n((?:    .+\n)+)")
FILES = {name: textwrap.dedent(text) for name, text in BLOCK.findall(PAGE)}


def options_of(file):
    lines = [line.split() for line in FILES[file].splitlines()]
    return [part for name, value in lines for part in (f"--{name}", value)]


def test_users_are_shown_with_the_rights_that_suffice():
    assert f"user {USER} on >password {' '.join(RIGHTS)}\n" in FILES["users.acl"]


@pytest.mark.long
@pytest.mark.intermediaries("redis-check-rdb")
def test_servers_and_sentinels_of_the_page_replace_a_primary(tmp_path):
    options = options_of("redis.conf")
    watch = [line for line in FILES["sentinel.conf"].splitlines() if line]
    assert watch.pop(0) == f"sentinel monitor {SERVICE} 10.0.0.1 6379 2"
    sentinels = Sentinels(server_of_debian(tmp_path), options, watch=watch)
    try:
        app = serve(sentinels.url)
        app.post_json(LIST, BODY, headers=HEADERS, status=201)
        primary = sentinels.primary()
        assert primary.client().wait(2, 0) == 2

        primary.kill()
        wait_until(lambda: is_back(app))

        app.post_json(LIST, BODY, headers=HEADERS, status=201)
        assert len(stored(app)) == 2
    finally:
        sentinels.close()


@pytest.mark.long
@pytest.mark.intermediaries("redis-check-rdb")
def test_nodes_of_the_page_replace_one_that_fails(tmp_path):
    cluster = Cluster(server_of_debian(tmp_path), options_of("cluster.conf"))
    try:
        app = serve(cluster.url)
        app.post_json(LIST, BODY, headers=HEADERS, status=201)
        failing = cluster.node_of(key_of_records(app))
        assert failing.client().wait(1, 0) == 1

        failing.kill()
        wait_until(lambda: is_back(app))

        assert len(stored(app)) == 1
    finally:
        cluster.close()
