"""What a PATCH changes, whichever media type says it (docs: specification-patches)."""

from collections.abc import Mapping
from typing import Any

import colander
from pyramid.httpexceptions import HTTPForbidden

from cliquet.framework.media_types import MERGE_PATCH, PATCHES
from cliquet.json_values import are_equal
from cliquet.nodes.messages import describe
from cliquet.resource import payload, responses
from cliquet.resource.checks import Checks
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.patches import (
    FailedTestError,
    apply_json_patch,
    merge_patch,
    principals_of,
    read_merge_patch,
)
from cliquet.resource.schema import PermissionsSchema
from cliquet.resource.told import without_secrets
from cliquet.serialization import loads
from cliquet.types import Record, Request

REMOVED = colander.null
"""Value of a field that a patch removes: schemas read it as if it were not sent."""


def read_changes(resource: Checks, existing: Record) -> tuple[Record, Any]:
    """Return the fields that a PATCH changes, and the body as it was sent.

    Permissions that it changes are validated, for `process_record`.

    Args:
        resource: Whose request it is.
        existing: The record, or the defaults of one that is not stored.

    Raises:
        InvalidParameter: The body is refused, or cannot be applied.
        HTTPConflict: A `test` of a JSON Patch fails.
        HTTPForbidden: It is a JSON Patch, whose outcome tells what is stored, of
            somebody who may not read it.
    """
    request = resource.request
    if request.content_type not in PATCHES:
        body = responses.read_json(request)
        return payload.read_changes(body), body
    body = _read_patch(request)
    fields, permissions = (
        resource.fields_of(existing),
        resource.permissions_of(existing),
    )
    if request.content_type == MERGE_PATCH:
        members = ("data",) if permissions is None else ("data", "permissions")
        sent = read_merge_patch(body, members)
        changes = _merged(fields, sent.get("data", {}))
        granted = _merged(permissions or {}, sent.get("permissions", {}))
    else:
        changes, granted = _patched(resource, fields, permissions, body)
    names = resource.model.id_field, resource.model.modified_field
    for name in names:
        if changes.get(name) is REMOVED:
            raise InvalidParameter("body", f"data.{name}", f"Cannot remove {name}")
    _grant(resource, granted)
    return changes, body


def removed_fields(changes: Record) -> list[str]:
    """Return the fields that a patch removes."""
    return [name for name, value in changes.items() if value is REMOVED]


def _read_patch(request: Request) -> Any:
    """Return the JSON of a body, which no schema of the view has read."""
    try:
        return loads(request.body)
    except ValueError as error:
        description = f"Invalid JSON request body: {error}"
        raise InvalidParameter("body", None, description) from error


def _merged(present: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: REMOVED if value is None else merge_patch(present.get(name), value)
        for name, value in patch.items()
    }


def _patched(
    resource: Checks,
    fields: Record,
    permissions: Mapping[str, list[str]] | None,
    body: Any,
) -> tuple[Record, dict[str, Any]]:
    """Return the fields and the permissions that a JSON Patch changes."""
    if not resource.may_read(resource.record_id):
        raise HTTPForbidden(result=resource._why_unreadable(resource.record_id))  # noqa: SLF001
    document: dict[str, Any] = {"data": without_secrets(resource, fields)}
    if permissions is not None:
        document["permissions"] = {
            name: {each: each for each in principals}
            for name, principals in permissions.items()
        }
    try:
        patched = apply_json_patch(document, body)
    except FailedTestError as error:
        raise responses.failed_test(str(error)) from error
    for name in document:
        if not isinstance(patched.get(name), dict):
            raise InvalidParameter("body", name, f"{name} has to be an object")
    payload.check_content(patched["data"], "data")
    granted = principals_of(patched.get("permissions", {}))
    before = principals_of(document.get("permissions", {}))
    return (
        _difference(document["data"], patched["data"]),
        _difference(before, {name: p for name, p in granted.items() if p}),
    )


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is another value now, or removed."""
    changed = {
        name: value
        for name, value in after.items()
        if name not in before or not are_equal(before[name], value)
    }
    return {**changed, **dict.fromkeys(before.keys() - after.keys(), REMOVED)}


def _grant(resource: Any, granted: Mapping[str, Any]) -> None:
    """Have permissions set as those that a body in JSON names."""
    validated = resource.request.validated
    validated.pop("permissions", None)
    if not granted:
        return
    schema = PermissionsSchema(name="permissions", permissions=resource.permissions)
    wanted = {
        name: [] if principals is REMOVED else principals
        for name, principals in granted.items()
    }
    try:
        validated["permissions"] = schema.deserialize(wanted)
    except colander.Invalid as error:
        name, description = next(iter(describe(error, 1).items()))
        raise InvalidParameter("body", name, description) from error
