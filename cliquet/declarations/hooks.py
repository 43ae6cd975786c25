"""What hooks of resources return, once they were called."""

from typing import Any, TypeVar

from cliquet.declarations.report import describe, warn
from cliquet.types import Registry

Body = TypeVar("Body")


class HookError(TypeError):
    """A hook returned something else than a record: the request is a 500."""


def check_record(resource: Any, hook: str, returned: Any) -> Any:
    """Return what a hook made of a record, if it is one.

    Raises:
        HookError: With the class and the hook.
    """
    if isinstance(returned, dict):
        return returned
    if returned is None or not hasattr(returned, "keys"):
        raise HookError(
            f"{describe(type(resource))}.{hook} returned {_shown(returned)}, where the "
            f"record to store is expected: end it with a return of the record."
        )
    return returned


def check_body(resource: Any, body: Body) -> Body:
    """Return the body of a response; warn that it is `null`, unless it has to be."""
    request = resource.request
    if body is None and request.response.status_code not in (204, 205, 304):
        warn(
            request.registry,
            f"{describe(type(resource))}.postprocess returned None, so that clients "
            "are answered null: end it with a return of what super().postprocess(…) "
            "returns.",
        )
    return body


def warn_of_lacking_parent(registry: Registry, resource_cls: type) -> None:
    """Warn that a record is written which belongs to nobody."""
    warn(
        registry,
        f"{describe(resource_cls)}.get_parent_id returned None, so that records of all "
        "who have no parent are kept together: return a text for each parent, or '' "
        "for one that all share.",
    )


def _shown(returned: Any) -> str:
    return "None" if returned is None else f"a {type(returned).__name__}"
