"""Claims of Redis hold as long as the process lives that has them, and no longer."""

from typing import Any

import pytest
import redis
import transaction

from cliquet.storage.answers import Answer
from cliquet.storage.exceptions import ClaimedError
from cliquet.testing.servers import Services
from cliquet.timestamps import msec_time
from tests.contract.backends import APP_ENGINES

ENGINE = next(each for each in APP_ENGINES if each.id == "redis")
CLAIM, ANSWER = "idempotent_claims:key", "idempotent_answers:key"


@pytest.fixture
def url(services: Services) -> str:
    return services.new_redis_url()


@pytest.fixture
def storage(url: str) -> Any:
    yield (found := ENGINE.load("storage", url))
    transaction.abort()
    found.flush()


@pytest.fixture
def client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, decode_responses=True)


def expires() -> int:
    return msec_time() + 60_000


def test_a_claim_ends_with_its_transaction(storage: Any, client: Any) -> None:
    assert storage.claim_answer("key") is None
    assert client.pubsub_numsub(client.get(CLAIM)) == [(client.get(CLAIM), 1)]

    transaction.abort()

    assert not client.exists(CLAIM, ANSWER)


def test_an_answer_is_kept_by_a_commit_and_expires_by_itself(
    storage: Any, client: Any
) -> None:
    storage.claim_answer("key")
    storage.keep_answer("key", Answer("f", "content", expires()))
    assert not client.exists(ANSWER)
    transaction.commit()

    assert 50_000 < client.pttl(ANSWER) <= 60_000
    assert storage.claim_answer("key")[:2] == ("f", "content")


@pytest.mark.parametrize("committed", [False, True])
def test_what_expired_or_failed_is_not_kept(
    storage: Any, client: Any, committed: bool
) -> None:
    storage.claim_answer("key")
    at = msec_time() if committed else expires()
    storage.keep_answer("key", Answer("f", "content", at))
    transaction.commit() if committed else transaction.abort()

    assert not client.exists(ANSWER)
    assert storage.claim_answer("key") is None


def test_the_claim_of_a_process_that_is_gone_is_taken(
    storage: Any, client: Any
) -> None:
    client.set(CLAIM, "idempotent_claims:gone")

    assert storage.claim_answer("key") is None
    assert client.get(CLAIM) != "idempotent_claims:gone"


def test_what_this_process_could_not_release_is_taken(
    storage: Any, client: Any
) -> None:
    storage.claim_answer("key")
    own = client.get(CLAIM)
    transaction.abort()
    client.set(CLAIM, own)

    assert storage.claim_answer("key") is None


def test_a_claim_that_another_one_has_taken_is_not_released(
    storage: Any, client: Any
) -> None:
    storage.claim_answer("key")
    client.set(CLAIM, "another")
    transaction.abort()

    assert client.get(CLAIM) == "another"


def test_claims_are_not_for_ever(storage: Any, client: Any) -> None:
    storage.claim_answer("key")

    assert 0 < client.ttl(CLAIM) <= 3600


def test_a_connection_that_broke_is_opened_again(
    storage: Any, url: str, client: Any
) -> None:
    storage.claim_answer("other")
    for each in client.client_list(_type="pubsub"):
        client.client_kill_filter(_id=each["id"])
    storage.claim_answer("key")

    # As of another process, which has no claims of its own.
    with pytest.raises(ClaimedError):
        ENGINE.load("storage", url).claim_answer("key")


def test_the_pool_may_have_one_connection(url: str) -> None:
    storage = ENGINE.load("storage", url, storage_pool_size=1)

    assert storage.claim_answer("key") is None
    transaction.abort()
