"""A process that dies while it does a request loses nothing, and nothing is done twice.

A request is done once that is sent again with its key, where there are transactions.
"""

import json
import multiprocessing
import subprocess
import sys
from collections import Counter

import pytest
import transaction

from cliquet.storage.exceptions import ClaimedError
from tests.contract.backends import APP_ENGINES
from tests.contract.served import engine_settings
from tests.waiting import eventually

SHARED = [each for each in APP_ENGINES if each.processes > 1]
TOLD = [False, True]
"""Whether an answer was told again."""


@pytest.fixture(scope="module", params=SHARED, ids=lambda engine: engine.id)
def engine(request):
    return request.param


@pytest.fixture
def settings(engine, services, tmp_path):
    return {
        **engine_settings(engine, engine.url(services, tmp_path)),
        "project_name": "crashes",
        "project_version": "1.0",
        "note_create_principals": "system.Authenticated",
        "note_read_principals": "system.Authenticated",
        "storage_max_fetch_size": 100_000,
    }


def crash(settings, count, seed):
    order = json.dumps({"settings": settings, "count": count, "seed": seed})
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.crashes", order],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def check(engine, found, count):
    outcomes = found["outcomes"]
    assert len(outcomes) == count + 2
    # None is lost: each was answered in the end.
    assert {status for status, _ in outcomes.values()} == {201}
    names = Counter(found["names"])
    assert set(names) == {*outcomes, "counted"}
    if engine.id == "redis":
        # It died after it had written: what it wrote is there, and no answer is.
        assert names.pop("ResourceChanged") == 2
        doubled = {name for name, number in names.items() if number > 1}
        assert not {name for name in doubled if outcomes[name] != [201, False]}
    else:
        assert set(names.values()) == {1}
    # Before the commit nothing was kept, after it the answer was.
    assert outcomes["ResourceChanged"] == [201, False]
    assert outcomes["AfterResourceChanged"] == [201, True]


def test_requests_that_die_anywhere_are_done_once(engine, settings):
    check(engine, crash(settings, 12, seed=1), 12)


@pytest.mark.long
def test_many_requests_that_die_anywhere_are_done_once(engine, settings, request):
    count = request.config.getoption("--crashes")
    found = crash(settings, count, seed=2)

    check(engine, found, count)
    # They died on both sides of what keeps the answer.
    told = Counter(known for _, known in found["outcomes"].values())
    assert min(told[each] for each in TOLD) > count // 100


def _claim(name, url, connection):
    engine = next(each for each in APP_ENGINES if each.id == name)
    storage = engine.load("storage", url, transaction_per_request=True)
    storage.claim_answer("key")
    connection.send("claimed")
    connection.recv()


def test_a_claim_keeps_out_other_processes_and_dies_with_its_own(
    engine, services, tmp_path
):
    url = engine.url(services, tmp_path)
    storage = engine.load("storage", url, transaction_per_request=True)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_claim, args=(engine.id, url, theirs))

    def claimed():
        transaction.abort()
        try:
            return storage.claim_answer("key") is None
        except ClaimedError:
            return False

    process.start()
    theirs.close()
    try:
        assert ours.recv() == "claimed"
        with pytest.raises(ClaimedError):
            storage.claim_answer("key")
        transaction.abort()
        assert storage.claim_answer("other") is None
    finally:
        process.kill()
        process.join()
    assert eventually(claimed)
    transaction.abort()
