"""The endpoints of a resource: what happens when records are read or written.

Each follows the order of the protocol, a step a line: the steps are in
:mod:`cliquet.resource.steps`, what applications override in
:mod:`cliquet.resource.hooks`.
"""

import warnings
from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPForbidden

from cliquet.declarations.hooks import check_record
from cliquet.deprecation import DeprecatedMeta
from cliquet.events import ACTIONS
from cliquet.logs import logger
from cliquet.protocol.preferences import choose_behavior
from cliquet.resource import live, payload, responses
from cliquet.resource.model import Model
from cliquet.resource.nesting import delete_below
from cliquet.resource.patching import read_changes, removed_fields
from cliquet.resource.steps import Steps, endpoint
from cliquet.resource.told import watch_deletion
from cliquet.storage.exceptions import RecordNotFoundError, UnicityError
from cliquet.storage.query import COMPARISON, Filter
from cliquet.text import Subset, dict_subset
from cliquet.types import Record


class UserResource(Steps):
    """Records that belong to the user who is authenticated."""

    # --- Endpoints of the collection ---------------------------------------------

    @endpoint
    def collection_get(self) -> dict[str, Any]:
        """List records."""
        visit = live.join(self)
        listing = self._check_read(self._read_listing)
        listing = live.in_order(visit, listing, self.model.modified_field)
        is_counted = responses.is_counted(self.request)
        page = self._fetch_page(listing, with_total=is_counted)
        responses.tell_page(self.request, page.horizon, page.total)
        records = page.records
        live.tell(visit, records)
        if listing.fields:
            records = list(map(Subset(listing.fields).of, records))
        logger.bind(nb_records=len(records), limit=listing.limit)
        return self.postprocess(records)

    @endpoint
    def collection_post(self) -> dict[str, Any]:
        """Create a record, or show the one that is already there."""
        record_id = payload.read_id(
            responses.read_json(self.request),
            self.model.id_generator.match,
            self.model.id_field,
        )
        existing = None
        if record_id is not None and self._preconditions().look_at_sent_id():
            # Otherwise the storage finds it, when it refuses to create another.
            existing = self._find(record_id)
            if existing is not None and not self.may_read(record_id):
                raise HTTPForbidden(result=self._why_unreadable(record_id))
        self._check_preconditions(existing)
        new = self._sent_record(existing)
        if record_id is not None:
            new[self.model.id_field] = record_id
        self._guard(new, existing)
        new = self._processed(new)
        condition = None if existing else self._unchanged_collection()
        try:
            record = self._store(new, None, condition)
        except UnicityError as error:
            shown = self.visible(error.record)
            if shown is None:
                unreadable = error.record[self.model.id_field]
                reason = self._why_unreadable(unreadable)
                raise HTTPForbidden(result=reason) from error
            self._check_preconditions_again(error.record, record_id)
            self._set_timestamp(error.record)
            return self.postprocess(shown)
        self._set_created(record)
        return self.postprocess(record, action=ACTIONS.CREATE)

    @endpoint
    def collection_delete(self) -> dict[str, Any]:
        """Delete records, all of them if there is no filter."""
        # First: it asks anew what is shared, by which the filters are restricted.
        condition = self._unchanged_collection()
        filters, page = self._checked(self._read_deletion)
        if page is not None:
            found, id_field = (
                self._fetch_page(page, with_total=False),
                self.model.id_field,
            )
            ids = {record[id_field] for record in found.records}
            filters = [*filters, Filter(id_field, ids, COMPARISON.IN)]
        watch_deletion(self, filters)
        deleted = self._write(condition, self.model.delete_records, filters=filters)
        delete_below(self, deleted)
        if deleted or self.may_read(None):
            newest = payload.newest(deleted, self.model.modified_field)
            self._set_timestamp(newest)
        action = ACTIONS.DELETE if deleted else ACTIONS.READ
        return self.postprocess(deleted, action=action)

    # --- Endpoints of the record -------------------------------------------------

    @endpoint
    def get(self) -> dict[str, Any]:
        """Show a record."""
        self._check_id()
        record = self._get_record_or_404(self.record_id)
        responses.tell_patches(self.request)
        shown = self._check_read(self._extract_partial_fields, record)
        return self.postprocess(dict_subset(record, shown) if shown else record)

    @endpoint
    def put(self) -> dict[str, Any]:
        """Create or replace a record.

        A record that was deleted before is created again, and its event says so.
        """
        self._check_whole()
        self._require_preconditions()
        self._check_id()
        existing = self._find(self.record_id)
        old = existing or self._find_tombstone(self.record_id)
        self._check_preconditions(old, is_deleted=not existing)
        new = self._sent_record(existing)
        payload.set_id(new, self.model.id_field, self.record_id)
        sent: dict[str, Any] | None = None
        if existing:
            self._check_readonly(existing, new)
            if not self.may_read(self.record_id):
                sent = {**self.request.validated, "data": self._as_stored(new)}
        self._guard(new, existing)
        new = self._processed(new, old=old)
        record = self._store_unless_changed(new, existing)
        if existing:
            self._set_timestamp(record, existing)
        else:
            self._set_created(record)
        responses.tell_patches(self.request)
        action = ACTIONS.UPDATE if existing else ACTIONS.CREATE
        answer = self.postprocess(record, action=action, old=existing)
        return answer if sent is None else self._only_sent(answer, sent)

    @endpoint
    def patch(self) -> dict[str, Any]:
        """Change some fields of a record."""
        self._require_preconditions()
        self._check_id()
        existing = self._get_record_or_404(self.record_id)
        self._check_preconditions(existing)
        changes, body = read_changes(self, existing)
        self._check_computed(changes, existing)
        # Before it is written: the write may change who reads.
        reads = self.may_read(self.record_id)
        updated = self.apply_changes(self.fields_of(existing), changes)
        check_record(self, "apply_changes", updated)
        modified_field = self.model.modified_field
        if modified_field in changes:
            latest = self._latest_timestamp(existing)
            payload.check_timestamp(updated, modified_field, latest)
        payload.set_id(updated, self.model.id_field, self.record_id)
        new = self._processed(updated, old=existing)
        changed = payload.changed_fields(
            self.fields_of(changes),
            existing,
            new,
            modified_field,
            removed=removed_fields(changes),
        )
        record = existing
        if changed or self.force_patch_update or not reads:
            record = self._store_unless_changed(new, existing)
        part = payload.patch_body(
            choose_behavior(self.request) if reads else None,
            changes=changes,
            changed=changed,
            record=record,
        )
        self._set_timestamp(record, existing)
        responses.tell_patches(self.request)
        self.told_after = None if part is record else self.fields_of(record)
        answer = self.postprocess(part, action=ACTIONS.UPDATE, old=existing)
        return answer if reads else self._only_sent(answer, body)

    @endpoint
    def delete(self) -> dict[str, Any]:
        """Delete a record."""
        self._require_preconditions()
        self._check_id()
        existing = self._get_record_or_404(self.record_id)
        wanted = self._checked(partial(self._read_wanted_time, existing), existing)
        try:
            deleted = self._write(
                self._unchanged(existing),
                self.model.delete_record,
                existing,
                last_modified=wanted,
            )
        except RecordNotFoundError as error:
            raise responses.not_found() from error
        delete_below(self, [deleted])
        self._set_timestamp(deleted)
        self.told_before = [self.fields_of(existing)]
        return self.postprocess(deleted, action=ACTIONS.DELETE)

    def _set_created(self, record: Record) -> None:
        """Set status and headers of the creation of a record (RFC 9110, 9.3.3)."""
        request = self.request
        request.response.status_code = 201
        self._set_timestamp(record)
        location = responses.record_url(request, record[self.model.id_field])
        if location is not None:
            request.response.headers["Location"] = location

    @property
    def collection(self) -> Model:
        """Old name of `model`."""
        warnings.warn(
            "``self.collection`` is now deprecated. Please use ``self.model`` instead",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.model


class BaseResource(UserResource, metaclass=DeprecatedMeta):
    """Old name of `UserResource`: subclassing it warns."""

    __deprecation_warning__ = "BaseResource is deprecated. Use UserResource instead."
