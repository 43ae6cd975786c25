"""What are applications told of, and when? (python-api §19, protocol §22).

Resources stack what they do on the request; events are made from it and delivered
around the commit, at most one for each resource and action of a transaction.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, NamedTuple

from pyramid.registry import Registry
from zope.interface import implementedBy

from cliquet.logs import logger
from cliquet.protocol.routing import strip_uri_prefix

#: The least status that undoes what was written.
SERVER_ERROR = 500


class ACTIONS(Enum):
    """What may be done to records."""

    CREATE = "create"
    DELETE = "delete"
    READ = "read"
    UPDATE = "update"

    @staticmethod
    def from_string_list(elements: "Iterable[str | ACTIONS]") -> "tuple[ACTIONS, ...]":
        """Answer the members for their values; members are accepted too.

        Raises:
            ValueError: for anything else.
        """
        return tuple(ACTIONS(element) for element in elements)


# --- Event classes ---------------------------------------------------------------


class _ResourceEvent:
    """What happened, to which resource, by whom.

    Attributes:
        request: The request that made the first change; in a batch, a subrequest.
        request_id: Its name in logs.
        payload: Description for listeners, free to be modified.
    """

    def __init__(self, action: ACTIONS, timestamp: int, request: Any) -> None:
        self.request = request
        self.request_id = getattr(request, "request_id", None)
        resource_name = request.current_resource_name
        self.payload: dict[str, Any] = {
            "timestamp": timestamp,
            "action": ACTIONS(action).value,
            "uri": strip_uri_prefix(request.path),
            "user_id": request.prefixed_userid,
            "resource_name": resource_name,
        }
        for name, value in (request.matchdict or {}).items():
            key = f"{resource_name}_id" if name == "id" else name
            self.payload[key] = value


class _ReadEvent(_ResourceEvent):
    """Records were read."""

    def __init__(
        self,
        action: ACTIONS,
        timestamp: int,
        read_records: list[dict[str, Any]],
        request: Any,
    ) -> None:
        super().__init__(action, timestamp, request)
        self.read_records = read_records


class _ChangeEvent(_ResourceEvent):
    """Records were created, modified or deleted."""

    def __init__(
        self,
        action: ACTIONS,
        timestamp: int,
        impacted_records: list[dict[str, Any]],
        request: Any,
    ) -> None:
        super().__init__(action, timestamp, request)
        self.impacted_records = impacted_records


class ResourceRead(_ReadEvent):
    """Records are being read. A subscriber that raises makes the request fail."""


class ResourceChanged(_ChangeEvent):
    """Records are being changed: subscribers take part in the transaction.

    What they store is committed with the change; if one raises, nothing is.
    """


class AfterResourceRead(_ReadEvent):
    """Records were read, and the transaction committed."""


class AfterResourceChanged(_ChangeEvent):
    """Records were changed and committed: the time for messages, mail, indexing."""


# --- The events of a request -----------------------------------------------------


class _Stacked(NamedTuple):
    """What a transaction did to the records of one resource with one action."""

    action: ACTIONS
    timestamp: int
    impacted: list[dict[str, Any]]
    request: Any


def notify_resource_event(
    request: Any,
    timestamp: int,
    data: Any,
    action: ACTIONS,
    old: Mapping[str, Any] | None = None,
) -> None:
    """Stack an event of a request, to be delivered when its transaction commits.

    Args:
        request: Shares its stack with the other subrequests of its batch.
        timestamp: That of the collection, before the change.
        data: The new record; tombstones if deleted, one or a list; what was read.
        action: Merged with that of same name on the same resource, if any.
        old: The record before an update.
    """
    resource_name = request.current_resource_name
    events = request.bound_data.get("resource_events")
    if events is None:
        events = request.bound_data["resource_events"] = {}
        _hook_transaction(request)
    key = resource_name + action.value
    if key not in events:
        events[key] = _Stacked(action, timestamp, [], request)
    events[key].impacted.extend(_impacted(data, action, old))


def _impacted(
    data: Any, action: ACTIONS, old: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    records = data if isinstance(data, list) else [data]
    if action is ACTIONS.READ:
        return records
    if action is ACTIONS.CREATE:
        return [{"new": record} for record in records]
    if action is ACTIONS.DELETE:
        return [{"old": record} for record in records]
    return [{"new": data, "old": old}]


def get_resource_events(request: Any, after_commit: bool = False) -> list[Any]:
    """Make the events of the current transaction, in order of first occurrence."""
    stacked = request.bound_data.get("resource_events", {}).values()
    if after_commit:
        read, changed = AfterResourceRead, AfterResourceChanged
    else:
        read, changed = ResourceRead, ResourceChanged  # type: ignore[assignment]
    return [
        (read if action is ACTIONS.READ else changed)(
            action, timestamp, impacted, first
        )
        for action, timestamp, impacted, first in stacked
    ]


def has_subscribers(registry: Any, *event_classes: type) -> bool:
    """Tell whether anybody would be told of such events.

    A registry whose ``notify`` was replaced tells whoever replaced it.
    """
    if getattr(registry.notify, "__func__", None) is not Registry.notify:
        return True
    subscriptions = registry.adapters.subscriptions
    return any(subscriptions([implementedBy(cls)], None) for cls in event_classes)


# --- Delivery --------------------------------------------------------------------


def setup_transaction_hook(config: Any) -> None:
    """Deliver the events of each request around the commit of its transaction."""
    config.registry.delivers_resource_events = True


def _hook_transaction(request: Any) -> None:
    """Ask to be called around the commit, by the first event of a request."""
    if not getattr(request.registry, "delivers_resource_events", False):
        return
    # The events of a subrequest are delivered with those of its batch. Out of a
    # transaction, hooks would be called at the end of that of someone else.
    while getattr(request, "parent", None) is not None:
        request = request.parent
    if not request.environ.get("tm.active"):
        return
    transaction = request.tm.get()
    transaction.addBeforeCommitHook(_notify_before_commit, args=(request, transaction))
    transaction.addAfterCommitHook(_notify_after_commit, args=(request,))


def _notify_before_commit(request: Any, transaction: Any) -> None:
    """Notify inside the transaction: what a subscriber raises aborts it."""
    registry = request.registry
    if not has_subscribers(registry, ResourceRead, ResourceChanged):
        return
    try:
        for event in request.get_resource_events():
            registry.notify(event)
    except BaseException:
        # A commit that fails in a hook aborts nothing by itself: rows would stay
        # locked until the thread begins its next transaction.
        transaction.abort()
        raise


def _notify_after_commit(success: bool, request: Any) -> None:
    """Notify once the client can be answered: failures are only logged."""
    registry = request.registry
    if not success:
        return
    if not has_subscribers(registry, AfterResourceRead, AfterResourceChanged):
        return
    for event in request.get_resource_events(after_commit=True):
        try:
            registry.notify(event)
        except Exception:  # noqa: BLE001 -- whatever it is, the change is committed
            logger.error("Unable to notify", exc_info=True)


def veto_server_errors(request: Any, response: Any) -> bool:
    """Undo what was written when a view *returned* a 5xx (rulings §2.19).

    The commit veto of pyramid_tm, unless ``tm.commit_veto`` names another one. With
    a veto, pyramid_tm leaves it to tell that an exception became the response.
    """
    failed = getattr(request, "exc_info", None) is not None
    return failed or response.status_code >= SERVER_ERROR
