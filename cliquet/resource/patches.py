"""Documents that a PATCH changes: JSON Merge Patch (RFC 7396), JSON Patch (RFC 6902).

Pure functions over values of JSON (docs: specification-patches). The document is a
record as it is shown, `{"data": …, "permissions": …}`; a permission is an object there,
whose members are its principals.
"""

import copy
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from jsonpatch import (
    JsonPatch,
    JsonPatchException,
    JsonPatchTestFailed,
    JsonPointer,
    JsonPointerException,
    TestOperation,
)

from cliquet.bounds import MAX_COPIED, MAX_OPERATIONS
from cliquet.json_values import are_equal
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.payload import check_content
from cliquet.serialization import dumps, loads, quote

Document = dict[str, Any]


class FailedTestError(Exception):
    """A `test` of a JSON Patch found another value."""


def merge_patch(target: Any, patch: Any) -> Any:
    """Return a value with the changes of a merge patch (RFC 7396, 2)."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def read_merge_patch(body: Any, members: Iterable[str]) -> Document:
    """Return the members of a merge patch, each of which is an object.

    Args:
        body: JSON as it was sent.
        members: Those that the document may have.

    Raises:
        InvalidParameter: it is none, or has others.
    """
    if not isinstance(body, Mapping):
        description = "A merge patch of a record is a JSON object"
        raise InvalidParameter("body", None, description)
    for name, value in body.items():
        if name not in members:
            raise InvalidParameter("body", name, "Unknown member")
        if not isinstance(value, Mapping):
            description = f'"{quote(value)}" is not a mapping type'
            raise InvalidParameter("body", name, description)
    check_content(body, "body")
    return dict(body)


def apply_json_patch(document: Document, body: Any) -> Document:
    """Return a document with the operations of a JSON Patch, all of them or none.

    Args:
        document: With `data`, and `permissions` if there are any.
        body: JSON as it was sent.

    Raises:
        InvalidParameter: it is no patch, or cannot be applied.
        FailedTestError: a `test` fails.
    """
    if not isinstance(body, list) or not all(isinstance(each, dict) for each in body):
        raise InvalidParameter("body", None, "A JSON Patch is a list of operations")
    if len(body) > MAX_OPERATIONS:
        description = f"Number of operations is limited to {MAX_OPERATIONS}"
        raise InvalidParameter("body", None, description)
    check_content(body, "body")
    document = copy.deepcopy(document)
    left = MAX_COPIED
    for position, each in enumerate(body):
        operation = _with_principal(each)
        _check_paths(operation, position, document)
        try:
            if operation.get("op") == "copy":
                # Before it is made: copies of copies double.
                left -= len(dumps(JsonPointer(operation["from"]).resolve(document)))
                if left < 0:
                    raise ValueError(f"Copies are limited to {MAX_COPIED} bytes")
            document = _Patch([operation]).apply(document, in_place=True)
        except JsonPatchTestFailed as error:
            raise FailedTestError(f"Test of {quote(each['path'])} failed") from error
        except _ERRORS as error:
            raise _inapplicable(position, error) from error
    try:
        # Moves may nest it deeper than any body that is read.
        patched: Document = loads(dumps(document))
    except (ValueError, RecursionError) as error:
        raise InvalidParameter("body", None, str(error)) from error
    return patched


def principals_of(permissions: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return principals by permission, of members of objects or of lists.

    Raises:
        InvalidParameter: a permission is neither.
    """
    return {
        name: _principals(name, principals) for name, principals in permissions.items()
    }


def _principals(name: str, principals: Any) -> list[str]:
    if isinstance(principals, Mapping | list):
        # Members of an object; which value they have does not matter.
        return list(principals)
    description = f'"{quote(principals)}" is no list of principals'
    raise InvalidParameter("body", f"permissions.{name}", description)


# --- Operations ------------------------------------------------------------------

_ERRORS = (
    JsonPatchException,
    JsonPointerException,
    # Of values that are no containers, of which the library makes no exceptions.
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    RecursionError,
)


_ADDING = ("add", "copy", "move")
"""Operations that make a member of an object."""


class _Test(TestOperation):
    """A test that knows `true` from 1, and finds 1 equal to 1.0."""

    def apply(self, obj: Any) -> Any:
        try:
            found = self.pointer.resolve(obj)
        except JsonPointerException as error:
            raise JsonPatchTestFailed from error
        if not are_equal(found, self.operation["value"]):
            raise JsonPatchTestFailed
        return obj


class _Patch(JsonPatch):
    operations = MappingProxyType({**JsonPatch.operations, "test": _Test})


def _inapplicable(position: int, error: Exception) -> InvalidParameter:
    reason = str(error) or type(error).__name__
    if not isinstance(error, JsonPatchException | ValueError):
        reason = "It cannot be applied"
    return InvalidParameter("body", f"{position}", reason)


def _with_principal(operation: dict[str, Any]) -> dict[str, Any]:
    """Return an operation whose value is the principal that it is about.

    Adding a principal needs no value, nor does the test that one is there.
    """
    parts = _parts(operation.get("path"))
    if parts[:1] == ["permissions"] and len(parts) == 3:
        return {**operation, "value": parts[2]}
    if parts[:1] == ["permissions"] and isinstance(operation.get("value"), list):
        try:
            return {**operation, "value": {each: each for each in operation["value"]}}
        except TypeError as error:
            raise InvalidParameter("body", "value", "Principals are texts") from error
    return operation


def _check_paths(operation: Mapping[str, Any], position: int, document: Any) -> None:
    """Refuse what is not below a member of the document."""
    for name in ("path", "from"):
        if name not in operation and name == "from":
            continue
        parts = _parts(operation.get(name))
        if not parts or parts[0] not in document:
            members = " or ".join(f"/{member}" for member in document)
            description = f"{name} has to begin with {members}"
            raise InvalidParameter("body", f"{position}", description)
        if name == "path" and operation.get("op") in _ADDING:
            _show_permission(document, parts)


def _show_permission(document: Document, parts: list[str]) -> None:
    """Have a permission that nobody has in the document: as shown, it is not there."""
    permissions = document.get("permissions")
    # An operation before may have made anything of it.
    if parts[0] == "permissions" and isinstance(permissions, dict):
        for permission in parts[1:2]:
            permissions.setdefault(permission, {})


def _parts(pointer: Any) -> list[str]:
    try:
        parts: list[str] = JsonPointer(pointer).parts
    except (JsonPointerException, TypeError, AttributeError):
        return []
    return parts
