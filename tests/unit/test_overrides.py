"""A compound stands for its parts until one of them is overridden."""

import functools
from typing import ClassVar

import pytest

from cliquet.engines.overrides import (
    Interface,
    function_of,
    instrument,
    is_overridden,
)
from cliquet.permission import memory, postgresql, redis, sqlite


class Base(Interface):
    compounds: ClassVar = {"both": ("one", "other")}

    def one(self):
        raise NotImplementedError

    def other(self):
        raise NotImplementedError

    def both(self):
        return ["composed", self.one(), self.other()]


class Shared(Base):
    """What engines share: not written for methods that it does not have."""

    def other(self):
        return 2

    def both(self):
        return ["at once"]


class Engine(Shared, engine=True):
    def one(self):
        return 1


def test_it_stands():
    assert Engine().both() == ["at once"]
    assert not is_overridden(Engine(), "one")


def override_by_subclass(owner, patch):
    patch.setattr(owner, "__class__", type("Own", (Engine,), {"one": lambda self: 5}))


def override_by_mixin(owner, patch):
    mixin = type("Mixin", (), {"one": lambda self: 5})
    patch.setattr(owner, "__class__", type("Own", (mixin, Engine), {}))


def override_on_class(owner, patch):
    patch.setattr(Engine, "one", lambda self: 5)


def override_on_instance(owner, patch):
    patch.setattr(owner, "one", lambda: 5)


WAYS = [
    override_by_subclass,
    override_by_mixin,
    override_on_class,
    override_on_instance,
]


@pytest.mark.parametrize("override", WAYS)
def test_it_steps_back_for_an_override(override, monkeypatch):
    owner = Engine()
    override(owner, monkeypatch)

    assert owner.both() == ["composed", 5, 2]
    assert is_overridden(owner, "one")
    assert not is_overridden(owner, "other")


def test_what_defines_a_part_may_be_patched(monkeypatch):
    monkeypatch.setattr(Shared, "other", lambda self: 6)

    assert Engine().both() == ["composed", 1, 6]


def measured(method):
    @instrument
    @functools.wraps(method)
    def measure(*args):
        return method(*args)

    return measure


def test_instruments_are_looked_through():
    owner = Engine()
    owner.one = measured(measured(owner.one))

    assert owner.both() == ["at once"]
    assert function_of(owner, "one") is Engine.one


def test_who_wraps_an_instrument_overrides():
    owner = Engine()
    owner.one = functools.wraps(measured(owner.one))(lambda: 5)

    assert owner.both() == ["composed", 5, 2]


def test_an_override_of_the_compound_itself_is_called():
    class Own(Engine):
        def both(self):
            return ["own", *super().both()]

    assert Own().both() == ["own", "at once"]


def test_who_has_no_compounds_overrides_everything():
    assert is_overridden(object(), "both")


@pytest.mark.parametrize("module", [memory, sqlite, postgresql, redis])
def test_compounds_of_engines_stand(module):
    owner = object.__new__(module.Permission)

    for parts in owner.compounds.values():
        assert not any(is_overridden(owner, part) for part in parts)
