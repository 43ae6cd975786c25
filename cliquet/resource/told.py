"""What events tell of a request: all of the records, whatever its response shows."""

from collections.abc import Callable
from typing import Any

from cliquet.engines.overrides import takes_keyword
from cliquet.events import (
    ACTIONS,
    AfterResourceChanged,
    AfterResourceRead,
    ResourceChanged,
    ResourceRead,
    has_subscribers,
)
from cliquet.storage.query import Filter
from cliquet.types import Record, Request

_READ_EVENTS = (ResourceRead, AfterResourceRead)
_CHANGE_EVENTS = (ResourceChanged, AfterResourceChanged)


def is_watched(request: Request, action: ACTIONS) -> bool:
    """Return whether anybody is notified of an action."""
    classes = _READ_EVENTS if action is ACTIONS.READ else _CHANGE_EVENTS
    return has_subscribers(request.registry, *classes)


def watch_deletion(resource: Any, filters: list[Filter]) -> None:
    """Have the storage tell what it deletes next, if anybody is notified."""
    if not is_watched(resource.request, ACTIONS.DELETE):
        return
    model = resource.model
    if takes_keyword(model.storage, "delete_all", "before"):
        model.before = resource.told_before = []
    else:
        # One of 3.1: it cannot tell in the same step.
        resource.told_before, _ = model.get_records(filters=filters)


def stack_event(resource: Any, result: Any, action: ACTIONS, old: Any) -> None:
    """Stack the event of a request."""
    request, model = resource.request, resource.model
    known = vars(resource).get("timestamp", 0)
    if action is ACTIONS.DELETE and resource.told_before:
        old = _stood_for(result, resource.told_before, model.id_field)
    # Plugins may have replaced the method by one with the signature of 3.1.
    takes_model = takes_keyword(request, "notify_resource_event", "model")
    told = {**resource.told_after, **result} if resource.told_after else result
    request.notify_resource_event(
        timestamp=resource.timestamp if is_watched(request, action) else known,
        data=without_secrets(resource, told),
        action=action,
        old=without_secrets(resource, old),
        **({"model": model} if takes_model else {}),
    )


def _stood_for(
    tombstones: Any, before: list[Record], id_field: str
) -> list[Record | None]:
    known = {record[id_field]: record for record in before}
    several = tombstones if isinstance(tombstones, list) else [tombstones]
    return [known.get(each.get(id_field)) for each in several]


# --- Fields that clients do not see ----------------------------------------------


def guarded_fields(resource: Any, option: str) -> tuple[str, ...]:
    """Return the fields that an option of the schema names."""
    try:
        names = resource.mapping.get_option(option)
    except AttributeError:
        # Schemas of applications may be older than the option.
        return ()
    return (names,) if isinstance(names, str) else tuple(names)


def without_secrets(resource: Any, told: Any) -> Any:
    """Return a record, or list of them, without fields that are never shown."""
    secrets = guarded_fields(resource, "writeonly_fields")
    if not secrets or told is None:
        return told
    if isinstance(told, list):
        return [without_secrets(resource, each) for each in told]
    return {name: value for name, value in told.items() if name not in secrets}


def askable(resource: Any) -> Callable[[str], bool]:
    """Return whether clients may filter and sort by a field."""
    secrets = guarded_fields(resource, "writeonly_fields")
    is_known: Callable[[str], bool] = resource.is_known_field
    if not secrets:
        return is_known
    return lambda field: field.partition(".")[0] not in secrets and is_known(field)
