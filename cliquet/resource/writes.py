"""What did the client send, and how is it stored only if nothing came in between?

Functions take the resource that serves the request.
"""

from typing import Any

from cliquet.resource import guards, payload, responses
from cliquet.resource.invalid import InvalidParameter
from cliquet.storage.exceptions import ModifiedMeanwhileError, UnicityError
from cliquet.storage.query import Condition
from cliquet.types import Record, Timestamp


def posted_id(resource: Any) -> str | None:
    """Answer the id that a POST gives, which schemas do not know of.

    Raises:
        InvalidParameter: when it is no id.
    """
    try:
        record_id = responses.read_json(resource.request)["data"]["id"]
    except (ValueError, LookupError, TypeError):
        return None
    return payload.check_id(record_id, resource.model.id_generator.match)


def posted_record(resource: Any) -> Record:
    """Answer a copy of the validated body, that hooks may modify.

    Raises:
        InvalidParameter: when there is none, or it holds what cannot be stored.
    """
    record = resource.request.validated.get("data")
    if record is None:
        raise InvalidParameter("body", "data", "Required")
    payload.check_content(record, "data")
    payload.check_timestamp(record, resource.model.modified_field)
    copied: Record = payload.copy_of(record)
    return copied


def sent_changes(resource: Any) -> Record:
    """Answer the fields that a PATCH sends.

    Raises:
        InvalidParameter: when there is no usable JSON.
    """
    try:
        changes = responses.read_json(resource.request).get("data", {})
    except (ValueError, AttributeError) as error:
        description = "Provide at least one of data or permissions"
        raise InvalidParameter("body", "data", description) from error
    if changes is None:
        raise InvalidParameter("body", "data", "Required")
    if not isinstance(changes, dict):
        raise InvalidParameter("body", "data", f'"{changes}" is not a mapping type')
    payload.check_content(changes, "data")
    return changes


def changed_fields(
    resource: Any, changes: Record, existing: Record, new: Record
) -> list[str]:
    """List the sent fields whose stored value changes.

    A timestamp that the schema or the hook dropped changes nothing.
    """
    modified = resource.model.modified_field
    fields = [field for field in changes if field != modified or field in new]
    return payload.changed_fields(fields, existing, new)


def deletion_timestamp(resource: Any, existing: Record) -> Timestamp | None:
    """Answer the timestamp wanted for a deletion, if it is newer than the record.

    Raises:
        InvalidParameter: when it is no timestamp.
    """
    text = resource.request.GET.get("last_modified")
    if text is None:
        return None
    wanted = payload.parse_deletion_timestamp(text)
    current = guards.timestamp_of(resource, existing)
    return wanted if wanted > current else None


def create(resource: Any, new: Record, condition: Condition | None) -> Record:
    """Create a record.

    Raises:
        UnicityError: when its id, or the value of a unique field, is taken.
    """
    unique_fields = resource.mapping.get_option("unique_fields")
    resource.prepare_write()
    resource.model.condition = condition
    record: Record = resource.model.create_record(new, unique_fields=unique_fields)
    return record


def create_with_id(resource: Any, new: Record) -> Record:
    """Create a record that was not there.

    Raises:
        ModifiedMeanwhileError: now it is: the PUT has to start again.
        HTTPConflict: the value of a unique field is taken.
    """
    id_field = resource.model.id_field
    record_id = new[id_field]
    try:
        return create(resource, new, Condition(record=None))
    except UnicityError as error:
        if error.field == id_field and error.record.get(id_field) == record_id:
            raise ModifiedMeanwhileError(record_id) from error
        raise _conflict(resource, error) from error


def update(resource: Any, new: Record, existing: Record) -> Record:
    """Replace the record that was read.

    Raises:
        ModifiedMeanwhileError: it is not the same any more.
        HTTPConflict: the value of a unique field is taken.
    """
    unique_fields = resource.mapping.get_option("unique_fields")
    resource.prepare_write()
    resource.model.condition = guards.record_condition(resource, existing)
    try:
        record: Record = resource.model.update_record(new, unique_fields=unique_fields)
    except UnicityError as error:
        raise _conflict(resource, error) from error
    return record


def _conflict(resource: Any, error: UnicityError) -> Exception:
    shown = resource.visible(error.record)
    return responses.conflict(error, resource.model.id_field, shown)
