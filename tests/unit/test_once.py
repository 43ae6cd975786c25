"""Properties that are computed once: nobody waits for those of another object."""

import threading
from types import SimpleNamespace

import pytest

from cliquet.engines.shared_ids import SharedIds
from cliquet.framework.policy import Principals
from cliquet.resource import UserResource


def make_resource(compute):
    resource = object.__new__(UserResource)
    resource.model = SimpleNamespace(timestamp=compute)
    return resource


MAKERS = {
    "timestamp": (make_resource, lambda made: made.timestamp),
    "groups": (lambda compute: Principals([], compute), list),
    "shared": (lambda compute: SharedIds(None, None, None, compute), list),
}


@pytest.mark.parametrize("name", MAKERS)
def test_who_waits_for_a_database_holds_up_nobody_else(name):
    make, read = MAKERS[name]
    begun, answered = threading.Event(), threading.Event()

    def wait():
        begun.set()
        answered.wait(120)
        return []

    slow = threading.Thread(target=read, args=(make(wait),))
    slow.start()
    begun.wait(60)
    quick = threading.Thread(target=read, args=(make(list),))
    quick.start()
    quick.join(60)
    is_done = not quick.is_alive()
    answered.set()
    slow.join(60)
    quick.join(60)

    assert is_done
