"""What endpoints are made of: how they read, check and write, and fill in headers."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

from pyramid.settings import asbool

from cliquet.authorization import RouteFactory
from cliquet.declarations.hooks import (
    check_body,
    check_record,
    warn_of_lacking_parent,
)
from cliquet.engines.reading import aim
from cliquet.errors import raise_invalid
from cliquet.events import ACTIONS
from cliquet.protocol.links import set_next_page
from cliquet.resource import payload, querystring, responses
from cliquet.resource.checks import Checks
from cliquet.resource.hooks import wants_tombstones
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.lists import Page, fetch_page
from cliquet.resource.nesting import Above
from cliquet.resource.querystring import Listing
from cliquet.resource.told import askable, is_watched
from cliquet.storage.exceptions import (
    ModifiedMeanwhileError,
    RecordNotFoundError,
    UnicityError,
)
from cliquet.storage.query import ANY, COMPARISON, UNCONDITIONAL, Condition, Filter
from cliquet.types import Record, Timestamp

# How often a write starts again, because another one came first.
MAX_ATTEMPTS = 100

_PAGE_PARAMETERS = ("_limit", "_sort", "_token")

P = ParamSpec("P")
Written = TypeVar("Written")
Resource = TypeVar("Resource", bound="Steps")
Endpoint = Callable[[Resource], dict[str, Any]]


def endpoint(method: Endpoint[Resource]) -> Endpoint[Resource]:
    """Turn a method that reads, decides and writes into an endpoint.

    When what it read changed before it could write, it starts again: reads, checks and
    merges anew (docs: rules-atomic-writes). Bad parameters are a 400.
    """

    @functools.wraps(method)
    def respond(resource: Resource) -> dict[str, Any]:
        aim(resource.model.collection_id, resource.model.parent_id)
        for _ in range(MAX_ATTEMPTS):
            try:
                resource.check_parent()
                return check_body(resource, method(resource))
            except InvalidParameter as error:
                raise_invalid(resource.request, *error.args)
            except ModifiedMeanwhileError:
                resource.start_again()
        raise responses.unavailable("Too many concurrent changes, please retry later.")

    return respond


class Steps(Checks):
    """A resource without endpoints."""

    # --- Read --------------------------------------------------------------------

    def start_again(self) -> None:
        """Forget what was read: another write came first."""
        vars(self).pop("timestamp", None)
        if isinstance(self.context, RouteFactory):
            self.context.forget()

    def _find(self, record_id: str) -> Record | None:
        # The context of a PUT has looked for it, to know which permission is required.
        current: Record | None = getattr(self.context, "current_record", None)
        if current or getattr(self.context, "record_is_missing", False) is True:
            return current
        try:
            return self.model.get_record(record_id)
        except RecordNotFoundError:
            return None

    def _get_record_or_404(self, record_id: str) -> Record:
        record = self._find(record_id)
        if record is None:
            raise responses.not_found()
        return record

    def _find_tombstone(self, record_id: str) -> Record | None:
        """Return the tombstone of a record, unless nothing depends on it."""
        sent = self.request.validated.get("data") or {}
        asked = self._preconditions()
        if asked.depend_on_tombstone():
            _ = self.timestamp  # It must not be newer than what is found.
        if not (
            asked.look_at_target()
            or self.model.modified_field in sent
            or wants_tombstones(self)
        ):
            return None
        same_id = Filter(self.model.id_field, record_id, COMPARISON.EQ)
        found, _ = self.model.get_records(filters=[same_id], include_deleted=True)
        return found[0] if found else None

    def _read_listing(self) -> Listing:
        return self._parse_listing(self._extract_filters())

    def _read_deletion(self) -> tuple[list[Filter], Listing | None]:
        """Return filters of what to delete, and the page if it is but one."""
        filters = self._extract_filters()
        paginates = any(map(self.request.GET.get, _PAGE_PARAMETERS))
        if not paginates or not asbool(self._setting("paginated_delete")):
            return filters, None
        return filters, self._parse_listing(filters)._replace(include_deleted=False)

    def _read_wanted_time(self, existing: Record) -> Timestamp | None:
        """Return the timestamp that a deletion shall have, if it is a later one."""
        if "last_modified" not in self.request.GET:
            return None
        text = self.request.GET["last_modified"]
        wanted = payload.parse_deletion_timestamp(
            text, self._latest_timestamp(existing)
        )
        return wanted if wanted > self._timestamp_of(existing) else None

    def _parse_listing(self, filters: list[Filter]) -> Listing:
        return querystring.parse(
            self.request.GET,
            filters=filters,
            is_known_field=askable(self),
            is_declared=self._get_known_fields().__contains__,
            read_fields=self._extract_partial_fields,
            paginate_by=self._setting("paginate_by"),
            id_field=self.model.id_field,
            modified_field=self.model.modified_field,
        )

    def _fetch_page(self, listing: Listing, *, with_total: bool) -> Page:
        """Return a page, and link to the next one."""
        max_size = int(self._setting("storage_max_fetch_size") or 0)
        page = fetch_page(self.model, listing, max_size, with_total=with_total)
        self.total_records = page.total
        if page.next_sorting is not None:
            query: Any = self.request.GET
            parameters = query.copy()
            last = page.records[-1]
            parameters["_limit"] = str(len(page.records))
            parameters["_token"] = self._build_pagination_token(
                page.next_sorting, last, page.offset
            )
            deletes = self.request.method == "DELETE"
            if deletes and not self.may_read(last[self.model.id_field]):
                # It tells values. What is left when these are gone begins anew.
                del parameters["_token"]
            url = self.request.route_url(
                self.request.current_service.name,
                _query=parameters,
                **self.request.matchdict,
            )
            set_next_page(self.request.response, url)
        return page

    # --- Write -------------------------------------------------------------------

    def _sent_record(self, existing: Record | None) -> Record:
        """Return a copy of the validated record, that hooks may modify."""
        record = payload.read_record(self.request.validated)
        modified_field = self.model.modified_field
        if modified_field in record:
            latest = self._latest_timestamp(existing)
            payload.check_timestamp(record, modified_field, latest)
        return record

    def _latest_timestamp(self, existing: Record | None) -> Timestamp:
        """Return the highest timestamp that a client may send."""
        ahead = self._setting("last_modified_max_ahead_seconds")
        return payload.latest_timestamp(ahead, existing, self.model.modified_field)

    def _processed(self, new: Record, **options: Any) -> Record:
        """Return what `process_record` makes of a record, as it will be stored."""
        processed = self.process_record(new, **options)
        return self._as_stored(check_record(self, "process_record", processed))

    def _unchanged(self, existing: Record | None) -> Condition:
        """Return the condition that a record is as it was read."""
        if not existing:
            depends = self._preconditions().depend_on_tombstone()
            return Condition(
                record=None, collection=self.timestamp if depends else None
            )
        return Condition(record=existing.get(self.model.modified_field, ANY))

    def _unchanged_collection(self) -> Condition | None:
        """Return the condition that a collection is the one that was checked."""
        if not self._preconditions().depend_on_timestamp():
            return None
        return Condition(collection=self.timestamp)

    def _write(
        self,
        condition: Condition | None,
        method: Callable[P, Written],
        *args: P.args,
        **options: P.kwargs,
    ) -> Written:
        """Call a method of the model, whose first write depends on a condition.

        The model carries it to the storage. As an argument it would not arrive where an
        application overrides the method with the signature of 3.1, and two writers
        could overwrite each other there.
        """
        if is_watched(self.request, ACTIONS.UPDATE):
            # They are notified of the timestamp before the change.
            _ = self.timestamp
        if self.model.parent_id is None:
            warn_of_lacking_parent(self.request.registry, type(self))
        self.model.condition = condition
        try:
            return method(*args, **options)
        finally:
            self.model.condition = None

    def _store(
        self, new: Record, existing: Record | None, condition: Condition | None
    ) -> Record:
        method = self.model.update_record if existing else self.model.create_record
        above = None if existing else Above.of(self.request)
        if above is not None:
            place = above.place_in(self.model.storage)
            condition = replace(condition or UNCONDITIONAL, parent=place)
        unique_fields = self.mapping.get_option("unique_fields")
        return self._write(condition, method, new, unique_fields=unique_fields)

    def _store_unless_changed(self, new: Record, existing: Record | None) -> Record:
        """Replace a record, or create one, unless another request was faster.

        Raises:
            ModifiedMeanwhileError: it was: the endpoint has to start again.
            HTTPConflict: the value of a unique field is taken.
        """
        id_field = self.model.id_field
        record_id = new[id_field]
        try:
            return self._store(new, existing, self._unchanged(existing))
        except UnicityError as error:
            same_id = error.record.get(id_field) == record_id
            if not existing and same_id and error.field == id_field:
                raise ModifiedMeanwhileError(record_id) from error
            shown = self.visible(error.record)
            raise responses.conflict(error, id_field, shown) from error

    def _only_sent(
        self, answer: dict[str, Any], sent: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Reduce the answer of a write to what somebody knows who may not read it."""
        fields = (self.model.id_field, self.model.modified_field)
        return payload.only_sent(answer, sent, fields)

    def _set_timestamp(self, *records: Record | None) -> None:
        responses.set_timestamp(self.request.response, self._timestamp_of(*records))
