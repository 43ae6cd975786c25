"""What a shared cache got for one user is shown to nobody else."""

import itertools

import pytest

from tests.intermediaries.origin import ALICE, BOB

ONE = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
TWO = "7a0c1f7e-0a9f-4d5c-8f52-6f1b7a3f9e21"

NOBODY = {}
WRONG = {"headers": {"Authorization": "Basic !"}}
WHO = {"alice": {"auth": ALICE}, "bob": {"auth": BOB}, "nobody": NOBODY, "wrong": WRONG}

PATHS = [
    "/v0/",
    "/v0/mushrooms",
    f"/v0/mushrooms/{ONE}",
    "/v0/toadstools",
    f"/v0/toadstools/{ONE}",
    f"/v0/toadstools/{TWO}",
    "/v0/spores",
    f"/v0/spores/{ONE}",
]

#: Settings by which caches are told more, or less, than by default.
SETTINGS = {
    "by default": {},
    "as in 3.1": {"private_responses": "false"},
    "with lifetimes": {
        "spore_cache_expires_seconds": 3600,
        "toadstool_cache_expires_seconds": 3600,
    },
}


def seen(server, path, who):
    """Return what somebody sees, whatever the port."""
    headers = {"Host": "service.example.com", **WHO[who].get("headers", {})}
    answer = server.get(path, headers=headers, auth=WHO[who].get("auth"))
    return answer.status_code, answer.text


@pytest.fixture(params=SETTINGS.values(), ids=SETTINGS)
def origin(request, serve):
    """An origin that has something of each for each."""
    found = serve(**request.param)
    for user in (ALICE, BOB):
        found.put(f"/v0/mushrooms/{ONE}", user, name=f"of {user[0]}")
    found.put(f"/v0/toadstools/{ONE}", ALICE, name="of alice",
              permissions={"read": [found.principal(ALICE)]})  # fmt: skip
    found.put(f"/v0/toadstools/{TWO}", ALICE, name="of all",
              permissions={"read": ["system.Everyone"]})  # fmt: skip
    found.put(f"/v0/spores/{ONE}", ALICE, name="of all")
    return found


def test_everybody_sees_what_the_service_tells_them(origin, put_cache):
    cache = put_cache(origin)
    wanted = {(path, who): seen(origin, path, who) for path in PATHS for who in WHO}

    wrong = []
    # Each time of another URL, so that each of them is the first to fill the cache. A
    # limit that is never reached changes nothing else.
    for limit, (first, second) in enumerate(itertools.permutations(WHO, 2), 1000):
        for path, who in itertools.product(PATHS, (first, second, first)):
            found = seen(cache, f"{path}?_limit={limit}", who)
            if found != wanted[path, who]:
                wrong.append((path, first, second, who, found))

    assert wrong == []
    assert len({wanted["/v0/mushrooms", who] for who in WHO}) == 4 - 1
