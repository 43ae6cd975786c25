"""What endpoints check before they read or write, and what their answers may tell."""

from collections.abc import Callable
from typing import Any, TypeVar

from pyramid.settings import asbool

from cliquet.nodes.binding import bound
from cliquet.resource import fields, payload, responses
from cliquet.resource.guards import Guards
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.nesting import Above
from cliquet.resource.preconditions import (
    CONDITIONAL_HEADERS,
    NO_PRECONDITIONS,
    Outcome,
    Preconditions,
    Target,
)
from cliquet.types import Record, Timestamp

Parameters = TypeVar("Parameters")


class Checks(Guards):
    """A resource that checks what it is asked."""

    # --- What shareable resources do otherwise -----------------------------------

    def _why_unreadable(self, record_id: str) -> Any:
        """Return what the policy says of reading a record."""
        return None

    def _varies_by_user(self, record: Record | None) -> bool:
        """Return whether a record, or the list, is another one for each user."""
        return False

    def fields_of(self, record: Record) -> Record:
        """Return the fields of a record that was read, without anything else."""
        return record

    def permissions_of(self, record: Record) -> dict[str, list[str]] | None:
        """Return principals by permission of a record; None where it has none."""
        return None

    def _timestamp_of(self, *records: Record | None) -> Timestamp:
        """Return the timestamp of the first record with one, else the collection's."""
        for record in records:
            timestamp: Timestamp | None = (record or {}).get(self.model.modified_field)
            if timestamp is not None:
                return timestamp
        return self.timestamp

    # --- Check -------------------------------------------------------------------

    def check_parent(self) -> None:
        """Raise a 404 if the record is missing that those of the resource are below."""
        above = Above.of(self.request)
        if above is not None:
            above.check()

    def _check_id(self) -> None:
        payload.check_id(self.record_id, self.model.id_generator.match)

    def _preconditions(self) -> Preconditions:
        headers = self.request.headers
        strict = self.request.registry.settings.get("strict_preconditions")
        # Most requests have none, and `in` takes less than `get`.
        if not (
            "If-Match" in headers
            or "If-None-Match" in headers
            or (strict and "If-Unmodified-Since" in headers)
        ):
            return NO_PRECONDITIONS
        if_match, if_none_match = headers.get("If-Match"), headers.get("If-None-Match")
        if not strict or not asbool(strict):
            return Preconditions(if_match, if_none_match)
        since = headers.get("If-Unmodified-Since")
        return Preconditions(if_match, if_none_match, since, strict=True)

    def _check_preconditions(
        self, record: Record | None = None, *, is_deleted: bool = False
    ) -> None:
        """Raise a 412 unless the preconditions of a write hold; see `_evaluate`."""
        asked = self._preconditions()
        if asked is not NO_PRECONDITIONS:
            self._evaluate(asked, record, is_deleted=is_deleted)

    def _evaluate(
        self,
        asked: Preconditions,
        record: Record | None,
        *,
        is_deleted: bool = False,
        is_read: bool = False,
    ) -> None:
        """Raise a 412 or 304 unless preconditions let the request go on.

        They are about a record or tombstone; without one about the collection, or at
        the URL of a record about one that never was.
        """
        if not asked.look_at_target(is_read):
            return
        is_new = record is None and self.record_id is not None
        # Of what was deleted there is no representation, so nothing that validates it.
        has_none = is_new or (asked.strict and is_deleted)
        timestamp = None if has_none else self._timestamp_of(record)
        target = Target(timestamp, record is not None, is_deleted)
        outcome = asked.decide(target, is_read)
        if outcome is Outcome.NOT_MODIFIED:
            raise responses.not_modified(self.request.response)
        if outcome is Outcome.FAILED:
            shown = None if record is None else self.visible(record)
            if record is not None and shown is None:
                timestamp = None
            raise responses.precondition_failed(timestamp, shown)

    def _check_preconditions_again(
        self, existing: Record, record_id: str | None
    ) -> None:
        """Check the preconditions of a POST that finds a record when it writes."""
        if self._preconditions().strict:
            # They are about the collection, which was not written.
            vars(self).pop("timestamp", None)
            self._check_preconditions()
        elif existing.get(self.model.id_field) == record_id:
            self._check_preconditions(existing)

    def _checked(
        self,
        read_parameters: Callable[[], Parameters],
        record: Record | None = None,
        *,
        is_read: bool = False,
    ) -> Parameters:
        """Check the preconditions, and return the parameters of the query.

        Strict ones do not matter where the request is wrong anyway (RFC 9110, 13.2.1);
        otherwise they come first, as in 3.1.
        """
        asked = self._preconditions()
        if asked is NO_PRECONDITIONS:
            return read_parameters()
        if asked.strict:
            parameters = read_parameters()
            self._evaluate(asked, record, is_read=is_read)
            return parameters
        self._evaluate(asked, record, is_read=is_read)
        return read_parameters()

    def _check_whole(self) -> None:
        """Refuse to replace a record by a part of one (RFC 9110, 14.5)."""
        if "Content-Range" in self.request.headers:
            description = "Content-Range is not supported: send the whole record."
            raise InvalidParameter("headers", "Content-Range", description)

    def _require_preconditions(self) -> None:
        """Raise a 428 if the setting wants a precondition and there is none.

        See RFC 6585, section 3.
        """
        is_required = self._setting("require_preconditions")
        if not is_required or not asbool(is_required):
            return
        if not any(map(self.request.headers.get, CONDITIONAL_HEADERS)):
            raise responses.precondition_required()

    def _check_readonly(self, existing: Record, new: Record) -> None:
        """Refuse to replace a record by one in which a read-only field is another."""
        if not self.mapping.get_option("readonly_fields"):
            return
        # What was not sent has defaults; all of it, if there is no body.
        sent = (responses.read_json(self.request) or {}).get("data", {})
        changes = {field: new[field] for field in sent if field in new}
        is_readonly = self.mapping.is_readonly
        payload.check_readonly(existing, self._as_stored(changes), is_readonly)

    def _as_stored(self, record: Record) -> Record:
        schema = bound(self.mapping, self.request)
        return fields.as_stored(record, schema, fields.names_of(self.model))

    def _check_read(
        self, read_parameters: Callable[[], Parameters], record: Record | None = None
    ) -> Parameters:
        """Set the headers of a GET of a record or list, or raise a 304 or 412.

        Returns:
            The parameters of the query.
        """
        timestamp = self._timestamp_of(record)
        responses.set_timestamp(self.request.response, timestamp)
        name = getattr(self.context, "resource_name", None) or ""
        setting = f"{name}_cache_expires_seconds"
        is_anonymous = self.request.prefixed_userid is None
        seconds = is_anonymous and self.request.registry.settings.get(setting)
        is_for_one = not is_anonymous or self._varies_by_user(record)
        is_private = is_for_one and asbool(self._setting("private_responses"))
        responses.set_cache(self.request.response, seconds, is_private)
        return self._checked(read_parameters, record, is_read=True)

    def check_conditions_of_read(self) -> None:
        """Raise a 304 or 412 unless the collection is to be read."""
        self._evaluate(self._preconditions(), None, is_read=True)
