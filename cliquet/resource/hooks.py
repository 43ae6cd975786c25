"""What applications override of a resource, and when each hook is called.

All but the endpoints, which are in :mod:`cliquet.resource.user`, and the list of
permissions of :mod:`cliquet.resource.shareable`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from cliquet.authorization import RouteFactory
from cliquet.declarations.nesting import is_of_user
from cliquet.engines.overrides import function_of
from cliquet.engines.reading import aim
from cliquet.errors import raise_invalid, send_alert
from cliquet.events import ACTIONS
from cliquet.logs import logger
from cliquet.nodes.binding import bound
from cliquet.resource import payload, responses
from cliquet.resource.fields import leads_to, merge, names_of
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.model import Model
from cliquet.resource.nesting import find_parent_id
from cliquet.resource.querystring import parse_fields
from cliquet.resource.querystring.filters import parse_filters, uses_deprecated_name
from cliquet.resource.querystring.pagination import build_token
from cliquet.resource.schema import ResourceSchema
from cliquet.resource.told import (
    askable,
    guarded_fields,
    stack_event,
    without_secrets,
)
from cliquet.resource.viewset import ViewSet
from cliquet.settings import get_setting
from cliquet.storage.exceptions import BackendError
from cliquet.storage.query import Filter
from cliquet.types import Record, Request, Result, Timestamp, reify

Hook = TypeVar("Hook", bound=Callable[..., Any])

_TO_IS_DEPRECATED = "_to is now deprecated, you should use _before instead"
_TO_DOCUMENTATION = (
    "http://cliquet.rtfd.org/en/2.4.0/api/resource.html"
    "#list-of-available-url-parameters"
)

_READONLY_TIMESTAMP = (
    "Collection timestamp cannot be written. "
    "Records endpoint must be hit at least once from a writable instance."
)

_IGNORE_TOMBSTONES: set[Callable[..., Any]] = set()


def ignores_tombstones(hook: Hook) -> Hook:
    """Record a `process_record` that uses nothing of a tombstone but its timestamp."""
    _IGNORE_TOMBSTONES.add(hook)
    return hook


def wants_tombstones(resource: "Hooks") -> bool:
    """Return True if the `process_record` of an application may look at tombstones."""
    return function_of(resource, "process_record") not in _IGNORE_TOMBSTONES


class Hooks:
    """The hooks of a resource, with what they do by default.

    One instance serves one request. Where a write finds that another one came first,
    its endpoint starts again (docs: rules-atomic-writes): hooks are then called once
    more, except `get_parent_id`. What a hook raises becomes the response, and nothing
    is written.

    Attributes:
        request: The request.
        context: Which permission it needs on which object; None without HTTP.
        model: The records, see `default_model`.
        record_id: The id in the URL; None on collections.
        force_patch_update: Whether a PATCH writes although no field changes.
        told_before: What was deleted, as it was, where events tell of it.
        told_after: What a PATCH stored, unless it is the result.
        total_records: How many records there are on all pages, if they were counted.
    """

    told_before: Sequence[Record] = ()
    told_after: Record | None = None
    total_records: int | None = None

    default_viewset: type[ViewSet] = ViewSet
    """Class of the viewset, instantiated when the resource is registered."""

    default_model: type[Model] = Model
    """Class of the model, instantiated for each request."""

    mapping: Any = ResourceSchema()
    """Schema of the records, an instance or a class that is instantiated.

    It belongs to all requests. POST and PUT deserialise with it before the endpoint
    is called, PATCH in `apply_changes`.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Instantiate a schema that is written as an inner class."""
        super().__init_subclass__(**kwargs)
        if isinstance(cls.mapping, type):
            cls.mapping = cls.mapping()

    def __init__(self, request: Request, context: RouteFactory | None = None) -> None:
        # Subclasses set attributes of their own in `get_parent_id`: it comes first.
        self.model = self.default_model(
            storage=request.registry.storage,
            id_generator=request.registry.id_generator,
            collection_id=type(self).__name__.lower(),
            parent_id=self.get_parent_id(request),
            auth=request.headers.get("Authorization"),
        )
        self.request = request
        self.context = context
        self.record_id: Any = request.matchdict.get("id")
        self.force_patch_update = False
        logger.bind(collection_id=self.model.collection_id)
        if self.record_id is None and request.method not in ("POST", "DELETE"):
            aim(self.model.collection_id, self.model.parent_id)
            # The timestamp in the response is older than what is read afterwards.
            _ = self.timestamp

    # --- In the order in which they are called -----------------------------------

    @is_of_user
    def get_parent_id(self, request: Request) -> str | None:
        """Return the parent of the records: by default each user has their own.

        So has each record above (docs: nested-resources). Called once by the
        constructor, without `self.request` and `self.model`. A write of a shareable
        record is served by two instances; some batches build others, to lock them.
        """
        return find_parent_id(request, of_user=True)

    def is_known_field(self, field: str) -> bool:
        """Return True if records may be filtered and sorted by a field.

        Called for each filter and sort key of a list, `owner.name` too; False is a 400.
        """
        return field in self._get_known_fields() or leads_to(self.mapping, field)

    def apply_changes(self, record: Record, changes: Record) -> Record:
        """Return a record with the changes of a PATCH.

        Called by each PATCH, once the preconditions hold; `process_record` is next.

        Args:
            record: What is stored, without permissions.
            changes: What was sent, not validated yet.

        Raises:
            HTTPBadRequest: by default, when a read-only field would change, or the
                schema refuses the result.
        """
        try:
            schema, names = bound(self.mapping, self.request), names_of(self.model)
            return merge(record, changes, schema, names, declared=self.mapping)
        except InvalidParameter as error:
            raise_invalid(self.request, *error.args)

    @ignores_tombstones
    def process_record(self, new: Record, old: Record | None = None) -> Record:
        """Return the record to store: by default, `new`.

        Called by POST, PUT and PATCH right before they write. A timestamp that is not
        newer than that of `old` is dropped by default.

        Args:
            new: What the client sent, validated, merged by a PATCH; with an id, if it
                is known. It may be modified.
            old: The record that it replaces, with permissions if it is shareable; its
                tombstone when a PUT creates it again; None for a POST.
        """
        return payload.forget_old_timestamp(new, old, self.model.modified_field)

    def postprocess(
        self, result: Result, action: ACTIONS = ACTIONS.READ, old: Record | None = None
    ) -> dict[str, Any]:
        """Return the body of the response, and stack the event.

        Called last by each endpoint that succeeds; the event waits for the commit.

        Args:
            result: A record, the tombstone that a DELETE leaves, or a list of them for
                a collection; GET and PATCH reduce them to the fields that were asked
                for.
            action: What happened. A POST of a record that exists, and a DELETE that
                finds none, have read.
            old: The record before an update.
        """
        stack_event(self, result, action, old)
        return {"data": without_secrets(self, result)}

    @reify
    def timestamp(self) -> Timestamp:
        """Timestamp of the collection, read once when needed; it may be assigned.

        Raises:
            HTTPServiceUnavailable: a read-only instance could not read it.
        """
        try:
            timestamp = self.model.timestamp()
        except BackendError as error:
            if not self._setting("readonly"):
                raise
            logger.exception(error)
            raise responses.unavailable(_READONLY_TIMESTAMP) from error
        logger.bind(collection_timestamp=timestamp)
        return timestamp

    # --- Private names that applications of 3.1 are known to override ------------

    def _get_known_fields(self) -> set[str]:
        known = {node.name for node in self.mapping.children}
        known.difference_update(guarded_fields(self, "writeonly_fields"))
        return known.union(names_of(self.model))

    def _extract_partial_fields(self) -> list[str] | None:
        text = self.request.GET.get("_fields")
        if not text:
            return None
        keeps_any = self.mapping.get_option("preserve_unknown") is True
        return parse_fields(
            text,
            known_fields=None if keeps_any else self._get_known_fields(),
            always=(self.model.id_field, self.model.modified_field),
        )

    def _extract_filters(
        self, queryparams: Mapping[str, Any] | None = None
    ) -> list[Filter]:
        parameters = self.request.GET if queryparams is None else queryparams
        if uses_deprecated_name(parameters):
            send_alert(self.request, _TO_IS_DEPRECATED, _TO_DOCUMENTATION)
        filters = parse_filters(
            parameters.items(),
            is_known_field=askable(self),
            is_declared=self._get_known_fields().__contains__,
            id_field=self.model.id_field,
            modified_field=self.model.modified_field,
        )
        return [*self.implied_filters(), *filters]

    def _build_pagination_token(
        self, sorting: Any, last_record: Record, offset: int
    ) -> str:
        model, total = self.model, self.total_records
        return build_token(
            sorting, last_record, offset, total, model.id_field, model.modified_field
        )

    # --- What the hooks need -----------------------------------------------------

    def implied_filters(self) -> list[Filter]:
        """Return filters that clients do not ask for."""
        return []

    def _setting(self, name: str) -> Any:
        return get_setting(self.request.registry.settings, name)
