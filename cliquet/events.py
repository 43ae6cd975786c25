"""Events: what happened to records, for subscribers of applications.

Resources stack what they do on the request; events are created from it and delivered
around the commit, one for each resource, parent, action and user of a transaction
(docs: rules-events).
"""

from collections.abc import Iterable
from enum import Enum
from itertools import chain, repeat
from typing import Any

from pyramid.config import Configurator
from pyramid.registry import Registry as PyramidRegistry
from zope.interface import implementedBy

from cliquet.changes import Change, merge
from cliquet.logs import logger
from cliquet.protocol.routing import object_path
from cliquet.types import Impact, Record, Registry, Request, Response, Timestamp

__all__ = [
    "ACTIONS",
    "AfterResourceChanged",
    "AfterResourceRead",
    "ResourceChanged",
    "ResourceRead",
    "get_resource_events",
    "notify_resource_event",
    "setup_transaction_hook",
]

#: As it was imported: whoever replaces it, on the class too, wants to be called.
_NOTIFY = PyramidRegistry.notify


class ACTIONS(Enum):
    """What may be done to records."""

    CREATE = "create"
    DELETE = "delete"
    READ = "read"
    UPDATE = "update"

    @staticmethod
    def from_string_list(elements: "Iterable[str | ACTIONS]") -> "tuple[ACTIONS, ...]":
        """Return the members with some values; members are accepted too.

        Raises:
            ValueError: For anything else.
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

    def __init__(self, action: ACTIONS, timestamp: Timestamp, request: Request) -> None:
        self.request = request
        self.request_id = getattr(request, "request_id", None)
        resource_name = request.current_resource_name
        self.payload: dict[str, Any] = {
            "timestamp": timestamp,
            "action": ACTIONS(action).value,
            "uri": object_path(request),
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
        timestamp: Timestamp,
        read_records: list[Record],
        request: Request,
    ) -> None:
        super().__init__(action, timestamp, request)
        self.read_records = read_records


class ChangeEvent(_ResourceEvent):
    """Records were created, modified or deleted."""

    def __init__(
        self,
        action: ACTIONS,
        timestamp: Timestamp,
        impacted_records: list[Impact],
        request: Request,
    ) -> None:
        super().__init__(action, timestamp, request)
        self.impacted_records = impacted_records


class ResourceRead(_ReadEvent):
    """Records are being read. A subscriber that raises makes the request fail."""


class ResourceChanged(ChangeEvent):
    """Records are being changed: subscribers take part in the transaction.

    What they store is committed with the change; if one raises, nothing is.
    """


class AfterResourceRead(_ReadEvent):
    """Records were read, and the transaction committed."""


class AfterResourceChanged(ChangeEvent):
    """Records were changed and committed: the time for messages, mail, indexing."""


# --- The events of a request -----------------------------------------------------


def notify_resource_event(
    request: Request,
    timestamp: Timestamp,
    data: Any,
    action: ACTIONS,
    old: Any = None,
    model: Any = None,
) -> None:
    """Stack an event of a request, to be delivered when its transaction commits.

    Args:
        request: Shares its stack with the other subrequests of its batch.
        timestamp: Of the collection before the change, milliseconds since the epoch; 0
            where nobody subscribes to the event, and it was not read.
        data: The new record; one tombstone or a list of them; the records read.
        action: What happened to them.
        old: The record before an update; what tombstones stand for, one or as many as
            they are, None for one that is not known.
        model: The one of the records, whose parent tells events apart.
    """
    changes: list[Change] | None = request.bound_data.get("resource_events")
    if changes is None:
        changes = request.bound_data["resource_events"] = []
        _hook_transaction(request)
    place = (request.current_resource_name, getattr(model, "parent_id", None))
    parameters = request.matchdict or {}
    url = [f"{name}={parameters[name]}" for name in parameters if name != "id"]
    changes.append(
        Change(
            (*place, *url, action, request.prefixed_userid),
            None if action is ACTIONS.READ else place,
            getattr(model, "id_field", "id"),
            action,
            timestamp,
            _impacted(data, action, old),
            request,
        )
    )


def mark_events(request: Request) -> int:
    """Return a mark of what is stacked by now, for :func:`drop_events`."""
    return len(request.bound_data.get("resource_events", ()))


def drop_events(request: Request, mark: int) -> None:
    """Forget what was stacked since a mark: it was undone."""
    del request.bound_data.get("resource_events", [])[mark:]


def _impacted(data: Any, action: ACTIONS, old: Any) -> list[dict[str, Any]]:
    records = data if isinstance(data, list) else [data]
    if action is ACTIONS.READ:
        return [*records]
    if action is ACTIONS.CREATE:
        return [{"new": record} for record in records]
    if action is ACTIONS.UPDATE:
        return [{"new": data, "old": old}]
    known = chain(old if isinstance(old, list) else [old], repeat(None))
    return [
        {"old": tombstone} if before is None else {"old": tombstone, "before": before}
        for tombstone, before in zip(records, known, strict=False)
    ]


def get_resource_events(request: Request, after_commit: bool = False) -> list[Any]:
    """Return new events of the current transaction, in order of first occurrence.

    After the commit they are `AfterResource…` events.
    """
    classes = _classes(after_commit)
    return [
        classes[each.action is not ACTIONS.READ](
            each.action, each.timestamp, each.impacted, each.request
        )
        for each in merge(request.bound_data.get("resource_events", ()))
    ]


def _classes(after_commit: bool) -> tuple[Any, Any]:
    """Return the class of events of reads, and that of changes."""
    if after_commit:
        return AfterResourceRead, AfterResourceChanged
    return ResourceRead, ResourceChanged


def _is_watched(request: Request, after_commit: bool = False) -> bool:
    """Return whether anybody is to be notified of anything that was stacked."""
    read, changed = _classes(after_commit)
    actions = [each.action for each in request.bound_data.get("resource_events", ())]
    reads = actions.count(ACTIONS.READ)
    return (reads > 0 and has_subscribers(request.registry, read)) or (
        reads < len(actions) and has_subscribers(request.registry, changed)
    )


def has_subscribers(registry: Registry, *event_classes: type) -> bool:
    """Return whether anybody would be notified of events of one of the classes.

    So does whoever replaced `notify`, of the registry or of its class.
    """
    if getattr(registry.notify, "__func__", None) is not _NOTIFY:
        return True
    subscriptions = registry.adapters.subscriptions
    for event_class in event_classes:
        if subscriptions([implementedBy(event_class)], None):
            return True
    return False


# --- Delivery --------------------------------------------------------------------


def setup_transaction_hook(config: Configurator) -> None:
    """Deliver the events of each request around the commit of its transaction."""
    config.registry.delivers_resource_events = True


def _hook_transaction(request: Request) -> None:
    """Ask to be called around the commit, by the first event of a request."""
    if not getattr(request.registry, "delivers_resource_events", False):
        return
    # The events of a subrequest are delivered with those of its batch. Out of a
    # transaction, hooks would be called at the end of that of someone else.
    while parent := getattr(request, "parent", None):
        request = parent
    if not request.environ.get("tm.active"):
        return
    transaction = request.tm.get()
    transaction.addBeforeCommitHook(_notify_before_commit, args=(request, transaction))
    transaction.addAfterCommitHook(_notify_after_commit, args=(request,))


def _notify_before_commit(request: Request, transaction: Any) -> None:
    """Notify inside the transaction: what a subscriber raises aborts it."""
    if not _is_watched(request):
        return
    try:
        for event in request.get_resource_events():
            request.registry.notify(event)
    except BaseException:
        # A commit that fails in a hook aborts nothing by itself: rows would stay
        # locked until the thread begins its next transaction.
        transaction.abort()
        raise


def _notify_after_commit(success: bool, request: Request) -> None:
    """Notify once the client can be answered: failures are only logged."""
    if not success or not _is_watched(request, after_commit=True):
        return
    for event in request.get_resource_events(after_commit=True):
        try:
            request.registry.notify(event)
        except Exception:  # noqa: BLE001 -- whatever it is, the change is committed
            logger.error("Unable to notify", exc_info=True)


def veto_errors(request: Request, response: Response) -> bool:
    """Return whether what was written is undone: also if a view *returned* an error.

    The commit veto of pyramid_tm, unless ``tm.commit_veto`` names another one. With
    a veto, pyramid_tm leaves it to see that an exception became the response.
    """
    return getattr(request, "exc_info", None) is not None or response.status_code >= 400
