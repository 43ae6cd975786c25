"""Which look is next, and for whom (docs: live)."""

from cliquet.live.conversation import Reason
from cliquet.live.looks import Looks
from cliquet.live.pace import Pace


def make(places: int = 1) -> Looks[str]:
    return Looks(dict.fromkeys(Reason, places))


def begin_all(looks: Looks[str]) -> list[list[str]]:
    """Return who asked for each look that can be run now."""
    begun = []
    while (job := looks.begin()) is not None:
        begun.append(job.askers)
    return begun


def test_who_was_woken_does_not_wait_for_who_was_not():
    looks = make()
    for number in range(5):
        looks.add(f"due {number}", Reason.DUE, None)
        looks.add(f"asked {number}", Reason.ASKED, None)
    begin_all(looks)
    looks.add("woken", Reason.WOKEN, None)

    assert begin_all(looks) == [["woken"]]


def test_who_was_not_woken_has_a_turn_however_many_are_woken():
    looks = make()
    for number in range(5):
        looks.add(f"woken {number}", Reason.WOKEN, None)
    looks.add("due", Reason.DUE, None)

    assert begin_all(looks) == [["woken 0"], ["due"]]


def test_the_place_of_a_look_that_was_run_is_for_the_next_in_order():
    looks = make()
    jobs = [looks.add(name, Reason.DUE, None) for name in ("a", "b", "c")]
    assert looks.begin() is jobs[0]
    assert looks.begin() is None
    looks.end(jobs[0])

    assert looks.begin() is jobs[1]


def test_a_look_that_waits_is_shared_by_those_who_ask_the_same():
    looks = make()
    looks.add("a", Reason.WOKEN, "same")
    looks.add("other", Reason.WOKEN, "other")
    looks.add("b", Reason.WOKEN, "same")

    assert looks.begin().askers == ["a", "b"]


def test_a_look_that_began_is_not_shared_for_it_may_have_read_before():
    looks = make(places=2)
    looks.add("a", Reason.WOKEN, "same")
    looks.begin()
    looks.add("b", Reason.WOKEN, "same")

    assert looks.begin().askers == ["b"]


def test_what_is_asked_once_is_not_shared():
    looks = make(places=2)
    looks.add("a", Reason.ASKED, None)
    looks.add("b", Reason.ASKED, None)

    assert begin_all(looks) == [["a"], ["b"]]


def test_a_wake_up_makes_an_urgent_look_of_one_that_waits():
    looks = make()
    looks.add("first", Reason.DUE, None)
    job = looks.add("second", Reason.DUE, None)
    begin_all(looks)
    looks.hurry(job, Reason.WOKEN)
    looks.hurry(job, Reason.DUE)

    assert begin_all(looks) == [["second"]]
    looks.end(job)
    looks.hurry(job, Reason.WOKEN)
    assert looks.begin() is None


def test_who_is_woken_makes_urgent_what_it_shares():
    looks = make()
    looks.add("first", Reason.DUE, None)
    looks.add("second", Reason.DUE, "same")
    begin_all(looks)
    looks.add("woken", Reason.WOKEN, "same")

    assert begin_all(looks) == [["second", "woken"]]


def test_what_nobody_asks_for_any_longer_is_not_run():
    looks = make()
    gone = looks.add("gone", Reason.DUE, "a")
    half = looks.add("half", Reason.DUE, "b")
    looks.add("stays", Reason.DUE, "b")
    looks.leave(gone, "gone")
    looks.leave(half, "half")

    assert looks.begin().askers == ["stays"]


def test_looks_of_those_who_began_together_are_spread():
    chances = iter([0.0, 0.5, 1.0])
    pace = Pace(look=120, chance=lambda: next(chances))

    assert [pace.until_look() for _ in range(3)] == [60, 90, 120]
