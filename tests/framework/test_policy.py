"""Principals are a list of which the end is read when it is needed."""

import pytest
from pyramid_multiauth import MultiAuthSecurityPolicy

from cliquet.framework.policy import Principals, SecurityPolicy


@pytest.fixture
def looked_up():
    return []


@pytest.fixture
def principals(looked_up):
    def find():
        looked_up.append(True)
        return ["b", "c"]

    return Principals(["a", "b"], find)


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda each: "a" in each, True),
        (lambda each: each.isdisjoint(["x", "a"]), False),
        (lambda each: each.isdisjoint(()), True),
    ],
)
def test_what_authentication_decides_needs_no_groups(
    principals, looked_up, ask, answer
):
    assert ask(principals) is answer
    assert not looked_up


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda each: "c" in each, True),
        (lambda each: "x" in each, False),
        (lambda each: each.isdisjoint({"c"}), False),
        (lambda each: each.isdisjoint({"x"}), True),
        (list, ["a", "b", "c"]),
        (set, {"a", "b", "c"}),
        (len, 3),
        (lambda each: each[-1], "c"),
        (lambda each: each[1:], ["b", "c"]),
        (lambda each: each == ["a", "b", "c"], True),
        (lambda each: each + ["d"], ["a", "b", "c", "d"]),  # noqa: RUF005
        (lambda each: ["d"] + each, ["d", "a", "b", "c"]),  # noqa: RUF005
        (repr, "['a', 'b', 'c']"),
        (sorted, ["a", "b", "c"]),
    ],
)
def test_else_they_are_looked_up_once(principals, looked_up, ask, answer):
    assert ask(principals) == answer
    ask(principals)
    assert looked_up == [True]


def test_multiauth_keeps_its_parts_where_we_look_for_them():
    """pyramid_multiauth 1.1: if this fails, see `framework.policy.setup_policy`."""
    policies, callback, helper = [object()], object(), object()

    made = MultiAuthSecurityPolicy(policies, callback, helper)

    assert (made._policies, made._callback, made._helper) == (
        policies,
        callback,
        helper,
    )
    assert SecurityPolicy.identity is MultiAuthSecurityPolicy.identity
    assert callable(MultiAuthSecurityPolicy._compute_identity)
