"""What is stacked for events, and what is dropped again."""

from cliquet.events import (
    ACTIONS,
    drop_events,
    get_resource_events,
    mark_events,
    notify_resource_event,
)
from cliquet.tests.support import DummyRequest


def new_request():
    request = DummyRequest()
    request.current_resource_name = "mushroom"
    request.registry.delivers_resource_events = False
    return request


def stack(request, action, *ids):
    data = [{"id": each} for each in ids]
    for each in data if action is not ACTIONS.DELETE else [data]:
        notify_resource_event(request, 1, each, action)


def told(request):
    return [
        (
            event.payload["action"],
            [(each.get("new") or each["old"])["id"] for each in event.impacted_records],
        )
        for event in get_resource_events(request)
    ]


def test_what_was_undone_is_dropped():
    request = new_request()
    nothing = mark_events(request)
    drop_events(request, nothing)
    stack(request, ACTIONS.CREATE, "a")
    mark = mark_events(request)
    stack(request, ACTIONS.CREATE, "b")
    stack(request, ACTIONS.UPDATE, "a")

    drop_events(request, mark)
    stack(request, ACTIONS.DELETE, "a")

    assert told(request) == [("create", ["a"]), ("delete", ["a"])]
    drop_events(request, nothing)
    assert told(request) == []


def test_events_follow_the_order_of_each_record():
    request = new_request()
    stack(request, ACTIONS.CREATE, "a", "b")
    stack(request, ACTIONS.UPDATE, "b")
    stack(request, ACTIONS.CREATE, "c")
    stack(request, ACTIONS.DELETE, "a", "c")
    stack(request, ACTIONS.CREATE, "d", "a", "e")
    stack(request, ACTIONS.UPDATE, "b", "a", "b")

    assert told(request) == [
        ("create", ["a", "b", "c", "d"]),
        ("update", ["b", "b"]),
        ("delete", ["a", "c"]),
        ("create", ["a", "e"]),
        ("update", ["a", "b"]),
    ]
