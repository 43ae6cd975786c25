"""Fields that clients may not set, or may not see."""

from cliquet.resource import payload, responses
from cliquet.resource.hooks import Hooks
from cliquet.resource.told import guarded_fields, without_secrets
from cliquet.types import Record


class Guards(Hooks):
    """A resource that keeps some fields from clients (docs: resources-guarded)."""

    def visible(self, record: Record) -> Record | None:
        """Return what the user may see of a stored record, None for nothing."""
        shown: Record = without_secrets(self, record)
        return shown

    def may_read(self, record_id: str | None) -> bool:
        """Return whether the user, who may write a record, may read it.

        Without an id: the list that the user may write.
        """
        return True

    def _guard(self, new: Record, existing: Record | None) -> None:
        """Refuse what is not for clients to set, and keep what they cannot send.

        Args:
            new: What POST or PUT sent, modified.
            existing: The record that it replaces.
        """
        computed = guarded_fields(self, "computed_fields")
        secrets = guarded_fields(self, "writeonly_fields")
        if not computed and not secrets:
            return
        sent = (responses.read_json(self.request) or {}).get("data") or {}
        self._check_computed(sent, existing)
        if existing is not None:
            unsent = [field for field in secrets if field not in sent]
            payload.keep_fields(new, existing, [*computed, *unsent])

    def _check_computed(self, sent: Record, existing: Record | None) -> None:
        computed = guarded_fields(self, "computed_fields")
        if not computed:
            return
        id_field = self.model.id_field
        known = existing if existing and self.may_read(existing[id_field]) else None
        payload.check_computed(sent, known, computed)
