"""Resources of one record for each user, or for each record above."""

from typing import Any
from uuid import uuid4

import colander

from cliquet.events import ACTIONS
from cliquet.nodes.binding import bound
from cliquet.nodes.reading import deserialize
from cliquet.resource import payload, responses
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.patching import read_changes
from cliquet.resource.steps import endpoint
from cliquet.resource.user import UserResource
from cliquet.resource.viewset import SingletonViewSet, ViewSet
from cliquet.storage.generators import Generator
from cliquet.types import Record


class _Names(Generator):
    """The ids of such records, none of which a client chose."""

    regexp = r"^.+$"

    def __call__(self) -> str:
        return str(uuid4())


_NAMES = _Names()


class SingletonResource(UserResource):
    """One record that each user has: preferences, a profile (docs: singletons).

    It has no list and no id in its URL: that in its body is the name of the resource.
    """

    default_viewset: type[ViewSet] = SingletonViewSet

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record_id = self.request.current_resource_name
        self.model.id_generator = _NAMES

    def get_defaults(self) -> Record:
        """Return what GET shows, and PATCH changes, where nothing is stored.

        By default, what the schema makes of nothing: fields without a default are
        absent.
        """
        defaults = {}
        for node in bound(self.mapping, self.request).children:
            try:
                value = deserialize(node, colander.null)
            except colander.Invalid:
                continue
            if value is not colander.drop and value is not colander.null:
                defaults[node.name] = value
        return defaults

    @endpoint
    def patch(self) -> dict[str, Any]:
        """Change some fields of the record, or of the defaults: these are stored."""
        if self._find(self.record_id) is not None:
            return super().patch()
        self._require_preconditions()
        deleted = self._find_tombstone(self.record_id)
        self._check_preconditions(deleted, is_deleted=True)
        defaults = self.get_defaults()
        changes, _ = read_changes(self, defaults)
        self._check_computed(changes, None)
        new = self.apply_changes(defaults, changes)
        self._check_complete(new)
        latest = self._latest_timestamp(deleted)
        payload.check_timestamp(new, self.model.modified_field, latest)
        payload.set_id(new, self.model.id_field, self.record_id)
        new = self._processed(new, old=deleted)
        record = self._store_unless_changed(new, None)
        self._set_created(record)
        responses.tell_patches(self.request)
        return self.postprocess(record, action=ACTIONS.CREATE)

    def _check_complete(self, new: Record) -> None:
        """Refuse a record that lacks what neither the defaults nor the patch gave."""
        for node in bound(self.mapping, self.request).children:
            if node.required and node.name not in new:
                raise InvalidParameter("body", f"data.{node.name}", "Required")

    def _get_record_or_404(self, record_id: str) -> Record:
        record = self._find(record_id)
        if record is None and self.request.method in ("GET", "HEAD"):
            names = self.model.id_field, self.model.modified_field
            own = dict(zip(names, (record_id, self.timestamp), strict=True))
            return {**self._as_stored(self.get_defaults()), **own}
        return super()._get_record_or_404(record_id)
