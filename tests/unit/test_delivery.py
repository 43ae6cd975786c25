"""Events that a thread of their own delivers."""

import sys
import threading

import pytest

from cliquet.listeners import delivery
from cliquet.listeners.delivery import DeferredListener


@pytest.fixture(autouse=True)
def often():
    """Let threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def run(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


def test_what_comes_while_it_stops_is_delivered_once():
    for _ in range(200):
        told = []
        listener = DeferredListener(told.append, "n")
        listener(0)
        start = threading.Barrier(3)

        def tell(first, listener=listener, start=start):
            start.wait(60)
            for number in range(first, first + 5):
                listener(number)

        def stop(listener=listener, start=start):
            start.wait(60)
            listener.stop()

        run(lambda: tell(1), lambda: tell(101), stop)
        listener.stop()

        assert sorted(told) == [*range(6), *range(101, 106)]
        assert [each for each in told if each < 100] == [*range(6)]


def test_a_full_queue_waits_and_loses_nothing(monkeypatch):
    monkeypatch.setattr(delivery, "_QUEUE_SIZE", 2)
    told = []
    listener = DeferredListener(told.append, "n")

    run(*[lambda: [listener(number) for number in range(50)]] * 4)
    listener.stop()

    assert sorted(told) == sorted([*range(50)] * 4)


def test_whatever_a_listener_raises_the_following_are_told(caplog):
    told = []

    def fail(event):
        told.append(event)
        raise SystemExit

    listener = DeferredListener(fail, "n")
    for number in range(3):
        listener(number)
    listener.stop()

    assert told == [0, 1, 2]
    assert caplog.text.count("Listener failed") == 3


def test_a_listener_that_hangs_keeps_the_end_waiting_no_longer(monkeypatch):
    monkeypatch.setattr(delivery, "_STOP_SECONDS", 0.05)
    monkeypatch.setattr(delivery, "_QUEUE_SIZE", 1)
    may_go_on = threading.Event()
    listener = DeferredListener(lambda event: may_go_on.wait(120), "n")
    listener(0)

    run(listener.stop)

    may_go_on.set()
    listener.stop()
