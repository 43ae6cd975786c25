"""Whoever lists a collection sees what they may read record by record, and no other.

Where permissions are inherited that holds without exception, on all engines: permission
on the whole list is one on each of its records.
"""

import itertools
from urllib.parse import quote

import pytest
import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.authorization.programs import headers_of

ALICE, MALLORY = map(headers_of, ("alice", "mallory"))
IDS = ("a", "b", "a b", "é", "a%20b")
SETTINGS = (
    {},
    {"write_implies_read": "true"},
    {"comment_read_principals": "group:readers"},
    {"write_implies_read": "true", "comment_write_principals": "group:writers"},
    {"article_read_principals": "group:readers", "write_implies_read": "true"},
)
#: Below the path of the article: an article, its comments, one comment and others.
PLACES = ("", "/comments", "/comments/a", "/comments/a%20b", "/comments/%C3%A9")
grants = st.lists(
    st.tuples(
        st.sampled_from(PLACES),
        st.sampled_from(["read", "write", "comment:create"]),
        st.sampled_from(["user", "group:readers", "group:writers", "system.Everyone"]),
    ),
    max_size=4,
)
groups = st.sets(st.sampled_from(["group:readers", "group:writers"]))
numbers = itertools.count()


@pytest.fixture
def applications(make):
    own = {
        "multiauth.authorization_policy": "cliquet.authorization.AuthorizationPolicy",
        "inherit_permissions": "true",
        "create_implies_list": "true",
    }
    return [make(**own, **each) for each in SETTINGS]


def statuses(service, path, user):
    """The status of each comment, asked for one by one."""
    return {
        each: service.get(
            f"/v0{path}/comments/{quote(each)}", headers=user, expect_errors=True
        ).status_int
        for each in IDS
    }


@pytest.fixture
def compare(applications):
    """Grant something on a new article, and compare its list with its comments."""

    def compare(number, given_groups, granted):
        service = applications[number]
        backend = service.app.registry.permission
        path = f"/articles/x{next(numbers)}"
        alice, mallory = (
            service.get("/v0/", headers=who).json["user"]["id"]
            for who in (ALICE, MALLORY)
        )
        backend.add_principal_to_ace(f"{path}/comments", "comment:create", alice)
        for name in ("group:readers", "group:writers"):
            change = "add" if name in given_groups else "remove"
            getattr(backend, f"{change}_user_principal")(mallory, name)
        transaction.commit()
        for each in IDS:
            body = {"data": {"id": each}}
            service.post_json(f"/v0{path}/comments", body, headers=ALICE)
        for place, permission, name in granted:
            principal = mallory if name == "user" else name
            backend.add_principal_to_ace(path + place, permission, principal)
        transaction.commit()
        alone = statuses(service, path, MALLORY)
        listed = service.get(f"/v0{path}/comments", headers=MALLORY, expect_errors=True)
        return alone, listed

    return compare


def test_a_list_is_what_may_be_read_one_by_one(compare, pair, request):
    count = request.config.getoption("--programs")

    @settings(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(
        number=st.sampled_from(range(len(SETTINGS))),
        given_groups=groups,
        granted=grants,
    )
    def run(number, given_groups, granted):
        alone, listed = compare(number, given_groups, granted)
        readable = {each for each, status in alone.items() if status == 200}
        if listed.status_int == 200:
            assert {each["id"] for each in listed.json["data"]} == readable
            assert int(listed.headers["Total-Records"]) == len(readable)
        else:
            assert listed.status_int == 403
            assert readable == set()

    run()
