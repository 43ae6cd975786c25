"""What happens when the records of a user are read or written? (protocol §12-19).

Endpoints follow the order of the protocol, one helper a line. Applications override
the hooks: ``get_parent_id``, ``is_known_field``, ``process_record``,
``apply_changes``, ``postprocess``, and the endpoints themselves.
"""

from typing import Any

import colander
from pyramid.httpexceptions import HTTPForbidden

from cliquet.events import (
    ACTIONS,
    AfterResourceChanged,
    AfterResourceRead,
    ResourceChanged,
    ResourceRead,
    has_subscribers,
)
from cliquet.logs import logger
from cliquet.resource import (
    guards,
    lists,
    payload,
    responses,
    writes,
)
from cliquet.resource.base import ResourceBase
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.responses import endpoint
from cliquet.storage.exceptions import (
    RecordNotFoundError,
    UnicityError,
)
from cliquet.text import dict_subset
from cliquet.types import Record

_READ_EVENTS = (ResourceRead, AfterResourceRead)
_CHANGE_EVENTS = (ResourceChanged, AfterResourceChanged)


class UserResource(ResourceBase):
    """Records that belong to the user who is authenticated."""

    # --- Hooks of applications ---------------------------------------------------

    def process_record(self, new: Record, old: Record | None = None) -> Record:
        """Answer the record to store; a timestamp that is not newer is dropped.

        It may be called again with a newer `old`, when a write starts again.
        """
        return payload.forget_old_timestamp(new, old, self.model.modified_field)

    def apply_changes(self, record: Record, changes: Record) -> Record:
        """Answer a record with the changes of a PATCH, validated by the schema."""
        with responses.invalid_as_400(self.request):
            payload.check_readonly(record, changes, self.mapping.is_readonly)
            try:
                updated: Record = self.mapping.deserialize({**record, **changes})
            except colander.Invalid as error:
                field, description = next(iter(error.asdict().items()))
                raise InvalidParameter("body", field, description) from error
        return updated

    def postprocess(
        self, result: Any, action: ACTIONS = ACTIONS.READ, old: Record | None = None
    ) -> dict[str, Any]:
        """Stack the event, and answer the body of the response."""
        classes = _READ_EVENTS if action is ACTIONS.READ else _CHANGE_EVENTS
        watched = has_subscribers(self.request.registry, *classes)
        timestamp = self.timestamp if watched else vars(self).get("timestamp", 0)
        self.request.notify_resource_event(
            timestamp=timestamp, data=result, action=action, old=old
        )
        return {"data": result}

    def visible(self, record: Record) -> Record | None:
        """Answer what the user may see of a stored record, None for nothing."""
        return record

    def fields_of(self, record: Record) -> Record:
        """Answer the fields of a record that was read, without anything else."""
        return record

    def prepare_write(self) -> None:
        """Read what subscribers are told: the timestamp from before the change."""
        if has_subscribers(self.request.registry, *_CHANGE_EVENTS):
            _ = self.timestamp

    def authorize_write(self, existing: Record | None) -> None:
        """Check that what was permitted is what is about to be done."""

    # --- Endpoints of the collection ---------------------------------------------

    @endpoint
    def collection_get(self) -> dict[str, Any]:
        """List records."""
        response = self.request.response
        responses.set_timestamp(response, self.timestamp)
        self._set_cache(response)
        guards.check_not_modified(self, self.timestamp)
        guards.check_preconditions(self)
        listing = lists.parse_listing(self)
        records, total = lists.fetch_page(self, listing)
        if listing.fields:
            records = [dict_subset(record, listing.fields) for record in records]
        logger.bind(nb_records=len(records), limit=listing.limit)
        if self.request.method == "HEAD" or self._setting("total_records") != "head":
            response.headers["Total-Records"] = str(total)
        return self.postprocess(records)

    @endpoint
    def collection_post(self) -> dict[str, Any]:
        """Create a record, or show the one that is already there."""
        record_id = writes.posted_id(self)
        existing = self._find_if_conditional(record_id)
        guards.check_preconditions(self, existing)
        new = writes.posted_record(self)
        if record_id is not None:
            new[self.model.id_field] = record_id
        new = self.process_record(new)
        condition = None if existing else guards.collection_condition(self)
        try:
            record = writes.create(self, new, condition)
        except UnicityError as error:
            return self._show_existing(error, record_id)
        self.request.response.status_code = 201
        return self.postprocess(record, action=ACTIONS.CREATE)

    @endpoint
    def collection_delete(self) -> dict[str, Any]:
        """Delete records, all of them if there is no filter."""
        guards.check_preconditions(self)
        filters = lists.narrow_to_page(self, self._extract_filters())
        self.prepare_write()
        self.model.condition = guards.collection_condition(self)
        deleted = self.model.delete_records(filters=filters)
        action = ACTIONS.DELETE if deleted else ACTIONS.READ
        return self.postprocess(deleted, action=action)

    # --- Endpoints of the record -------------------------------------------------

    @endpoint
    def get(self) -> dict[str, Any]:
        """Show a record."""
        self._check_id()
        record = self._get_record_or_404(self.record_id)
        timestamp = guards.timestamp_of(self, record)
        responses.set_timestamp(self.request.response, timestamp)
        self._set_cache(self.request.response)
        guards.check_not_modified(self, timestamp)
        guards.check_preconditions(self, record)
        fields = self._extract_partial_fields()
        return self.postprocess(dict_subset(record, fields) if fields else record)

    @endpoint
    def put(self) -> dict[str, Any]:
        """Create or replace a record.

        A record that was deleted before is created again, and its event says so
        (protocol §22.3 has an update, which Appendix D leaves free to repair).
        """
        self._check_id()
        existing = self._find(self.record_id)
        tombstone = None
        if not existing and self._depends_on_tombstone():
            tombstone = self._find_tombstone(self.record_id)
        self.authorize_write(existing)
        self._check_replacement(existing, tombstone)
        new = writes.posted_record(self)
        new.setdefault(self.model.id_field, self.record_id)
        payload.check_same_id(new[self.model.id_field], self.record_id)
        new = self.process_record(new, old=existing or tombstone)
        if existing:
            record = writes.update(self, new, existing)
        else:
            record = writes.create_with_id(self, new)
            self.request.response.status_code = 201
        self._set_timestamp_of_written(record, existing)
        action = ACTIONS.UPDATE if existing else ACTIONS.CREATE
        return self.postprocess(record, action=action, old=existing)

    @endpoint
    def patch(self) -> dict[str, Any]:
        """Change some fields of a record."""
        self._check_id()
        existing = self._get_record_or_404(self.record_id)
        guards.check_preconditions(self, existing)
        changes = writes.sent_changes(self)
        updated = self.apply_changes(self.fields_of(existing), changes)
        if self.model.modified_field in changes:
            payload.check_timestamp(updated, self.model.modified_field)
        updated.setdefault(self.model.id_field, self.record_id)
        payload.check_same_id(updated[self.model.id_field], self.record_id)
        new = self.process_record(updated, old=existing)
        changed = writes.changed_fields(self, changes, existing, new)
        record = existing
        if changed or self.force_patch_update:
            record = writes.update(self, new, existing)
        body = payload.patch_body(
            self.request.headers.get("Response-Behavior"),
            changes=changes,
            changed=changed,
            record=record,
        )
        self._set_timestamp_of_written(record, existing)
        return self.postprocess(body, action=ACTIONS.UPDATE, old=existing)

    @endpoint
    def delete(self) -> dict[str, Any]:
        """Delete a record."""
        self._check_id()
        existing = self._get_record_or_404(self.record_id)
        guards.check_preconditions(self, existing)
        last_modified = writes.deletion_timestamp(self, existing)
        self.prepare_write()
        self.model.condition = guards.record_condition(self, existing)
        try:
            deleted = self.model.delete_record(existing, last_modified=last_modified)
        except RecordNotFoundError as error:
            raise responses.not_found() from error
        return self.postprocess(deleted, action=ACTIONS.DELETE)

    # --- Details -----------------------------------------------------------------

    def _find_if_conditional(self, record_id: str | None) -> Record | None:
        # Otherwise the storage tells, when it refuses to create it.
        if record_id is None or not guards.is_conditional(self.request):
            return None
        return self._find(record_id)

    def _depends_on_tombstone(self) -> bool:
        """Tell whether a PUT that creates needs to know of a deletion before it."""
        sent = self.request.validated.get("data") or {}
        hook = getattr(self.process_record, "__module__", "")
        return (
            guards.is_conditional(self.request)
            or self.model.modified_field in sent
            or not hook.startswith("cliquet.resource.")
        )

    def _check_replacement(
        self, existing: Record | None, tombstone: Record | None
    ) -> None:
        if existing or tombstone:
            target = existing or tombstone
            guards.check_preconditions(self, target, is_deleted=not existing)
        else:
            guards.check_creation(self)

    def _show_existing(
        self, error: UnicityError, record_id: str | None
    ) -> dict[str, Any]:
        """Answer a POST in conflict with a record, if the user may see that one."""
        if error.record.get(self.model.id_field) == record_id:
            # It may have come after preconditions were checked.
            guards.check_preconditions(self, error.record)
        shown = self.visible(error.record)
        if shown is None:
            raise HTTPForbidden from error
        return self.postprocess(shown)

    def _set_timestamp_of_written(
        self, record: Record, existing: Record | None
    ) -> None:
        known = record if self.model.modified_field in record else existing
        timestamp = guards.timestamp_of(self, known)
        responses.set_timestamp(self.request.response, timestamp)
