"""What the description says of `_sort` and `_fields` is what the service takes."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.conftest import ALICE
from tests.http.test_nested_queries import service  # noqa: F401 -- a fixture

NAMES = [
    "id", "last_modified", "deleted", "title", "owner", "owner.name", "owner.rank",
    "owner.name.x", "owner.nowhere", "free", "free.a.b", "free.a. b", "free.", "free. ",
    "free..a", "odd.plain.name", "odd.dotted", "odd.a.b", "c.d", "c.d.name", "nowhere",
    "title.x", "Title", "", " ", "free" + ".a" * 126, "free" + ".a" * 127,
    "free" + ".a" * 128,
]  # fmt: skip
signs = st.sampled_from(["", "-", "+", "--", " ", "- ", "\t-", "\u3000"])
ends = st.sampled_from(["", "", " ", "\t", ".", ".x", "\x1f", "-"])
made = st.builds("{}{}{}".format, signs, st.sampled_from(NAMES), ends)


@pytest.fixture(scope="module")
def patterns(service):  # noqa: F811
    told = service.get("/v0/__api__").json["paths"]
    return {
        (path, each["name"]): each["schema"]["items"].get("pattern")
        for path in ("/things", "/plains", "/anythings")
        for each in told[path]["get"]["parameters"]
        if each.get("name") in ("_sort", "_fields")
    }


@pytest.mark.parametrize("path", ["/things", "/plains"])
@pytest.mark.parametrize("parameter", ["_sort", "_fields"])
@given(name=made)
@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
def test_a_name_is_taken_if_it_looks_as_described(
    service, patterns, path, parameter, name  # noqa: F811
):  # fmt: skip
    if parameter == "_fields" and not name:
        # No names at all.
        return
    answer = service.get(
        f"/v0{path}", {parameter: name}, headers=ALICE, expect_errors=True
    )

    looks = re.search(patterns[path, parameter], name) is not None
    assert looks == (answer.status_code == 200), (name, answer.json)


def test_nothing_is_said_where_the_application_decides(patterns):
    assert patterns["/anythings", "_sort"] is None
    assert patterns["/anythings", "_fields"] is None
