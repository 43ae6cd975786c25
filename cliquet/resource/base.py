"""What does every endpoint need: what is stored, settings, parameters?"""

import warnings
from functools import cached_property
from typing import Any

from pyramid.settings import asbool

from cliquet.access import Access
from cliquet.errors import send_alert
from cliquet.logs import logger
from cliquet.resource import lists, payload, querystring, responses
from cliquet.resource.model import Model
from cliquet.resource.schema import ResourceSchema
from cliquet.resource.viewset import ViewSet
from cliquet.settings import get_setting
from cliquet.storage.exceptions import BackendError, RecordNotFoundError
from cliquet.storage.query import COMPARISON, Filter
from cliquet.text import classname
from cliquet.types import Record, Timestamp

_TO_IS_DEPRECATED = "_to is now deprecated, you should use _before instead"
_TO_DOCUMENTATION = (
    "http://cliquet.rtfd.org/en/2.4.0/api/resource.html"
    "#list-of-available-url-parameters"
)


class ResourceBase:
    """A resource without endpoints: one instance serves one request."""

    default_viewset: Any = ViewSet
    default_model: Any = Model

    mapping: Any = ResourceSchema()
    """Schema of the records: an instance, or a class that is instantiated."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Instantiate a schema that is written as an inner class."""
        super().__init_subclass__(**kwargs)
        if isinstance(cls.mapping, type):
            cls.mapping = cls.mapping()

    def __init__(self, request: Any, context: Any = None) -> None:
        # Subclasses set attributes of their own in `get_parent_id`: it comes first.
        self.model = self.default_model(
            storage=request.registry.storage,
            id_generator=request.registry.id_generator,
            collection_id=classname(self),
            parent_id=self.get_parent_id(request),
            auth=request.headers.get("Authorization"),
        )
        self.request = request
        self.context = context
        self.record_id = request.matchdict.get("id")
        self.force_patch_update = False
        logger.bind(collection_id=self.model.collection_id)
        if self.record_id is None and request.method not in ("POST", "DELETE"):
            # What is told of the collection is older than what is read from it.
            _ = self.timestamp

    def get_parent_id(self, request: Any) -> str:
        """Answer the parent of the records: each user has their own."""
        parent_id: str = request.prefixed_userid
        return parent_id

    def is_known_field(self, field: str) -> bool:
        """Tell whether records may be filtered and sorted by a field."""
        return field in self._get_known_fields()

    def implied_filters(self) -> list[Filter]:
        """Answer filters that clients do not ask for: none."""
        return []

    # --- What is read ------------------------------------------------------------

    @cached_property
    def timestamp(self) -> Timestamp:
        """Timestamp of the collection: read once, when it is first needed.

        Raises:
            HTTPServiceUnavailable: a read-only instance could not read it (§21.3).
        """
        try:
            timestamp: Timestamp = self.model.timestamp()
        except BackendError as error:
            if not self._setting("readonly"):
                raise
            logger.exception(error)
            raise responses.readonly_timestamp() from error
        logger.bind(collection_timestamp=timestamp)
        return timestamp

    def forget_what_was_read(self) -> None:
        """Start again: what was read is not true any more."""
        vars(self).pop("timestamp", None)
        if self.context is not None:
            self.context.current_record = None
            self.context.record_is_missing = False
            access = getattr(self.context, "access", None)
            if isinstance(access, Access):
                access.forget()

    def _find(self, record_id: str) -> Record | None:
        # On shareable resources, the context had to read it to check permissions.
        current: Record | None = getattr(self.context, "current_record", None)
        if current:
            return current
        if getattr(self.context, "record_is_missing", False) is True:
            return None
        try:
            found: Record = self.model.get_record(record_id)
        except RecordNotFoundError:
            return None
        return found

    def _find_tombstone(self, record_id: str) -> Record | None:
        same_id = Filter(self.model.id_field, record_id, COMPARISON.EQ)
        found, _ = self.model.get_records(filters=[same_id], include_deleted=True)
        return found[0] if found else None

    def _get_record_or_404(self, record_id: str) -> Record:
        record = self._find(record_id)
        if record is None:
            raise responses.not_found()
        return record

    # --- Details of the protocol -------------------------------------------------

    def _setting(self, name: str) -> Any:
        return get_setting(self.request.registry.settings, name)

    def _check_id(self) -> None:
        payload.check_id(self.record_id, self.model.id_generator.match)

    def _set_cache(self, response: Any) -> None:
        name = getattr(self.context, "resource_name", None) or ""
        settings = self.request.registry.settings
        responses.set_cache(
            response,
            settings.get(f"{name}_cache_expires_seconds"),
            is_anonymous=self.request.prefixed_userid is None,
            is_private=asbool(self._setting("private_responses")),
        )

    # --- What applications are known to override besides the hooks ---------------

    def _get_known_fields(self) -> set[str]:
        known = {node.name for node in self.mapping.children}
        model = self.model
        return known | {model.id_field, model.modified_field, model.deleted_field}

    def _extract_partial_fields(self) -> list[str] | None:
        return querystring.parse_fields(
            self.request.GET.get("_fields"),
            known_fields=lists.projectable_fields(self),
            always=(self.model.id_field, self.model.modified_field),
        )

    def _extract_filters(self, queryparams: Any = None) -> list[Filter]:
        parameters = self.request.GET if queryparams is None else queryparams
        if querystring.uses_deprecated_name(parameters):
            send_alert(self.request, _TO_IS_DEPRECATED, _TO_DOCUMENTATION)
        filters = querystring.parse_filters(
            parameters.items(),
            is_known_field=self.is_known_field,
            id_field=self.model.id_field,
            modified_field=self.model.modified_field,
        )
        return [*self.implied_filters(), *filters]

    def _build_pagination_token(
        self, sorting: Any, last_record: Record, offset: int
    ) -> str:
        return querystring.build_token(
            sorting,
            last_record,
            offset,
            id_field=self.model.id_field,
            modified_field=self.model.modified_field,
        )

    @property
    def collection(self) -> Any:
        """Old name of `model`."""
        warnings.warn(
            "``self.collection`` is now deprecated. Please use ``self.model`` instead",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.model
