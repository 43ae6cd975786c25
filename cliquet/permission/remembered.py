"""What is known of permissions in the course of a batch, without reading it again?"""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from cliquet.types import Principal

Permissions = dict[str, set[Principal]]
Access = tuple[set[Principal], dict[str, Permissions]]


class _Known(NamedTuple):
    users: dict[str, set[Principal]]
    objects: dict[str, Permissions]
    changed: set[str]
    """Objects that were written: they are read each time, since a part of the
    transaction may be undone."""


class _OfThread(threading.local):
    known: _Known | None = None


class RememberedAccess:
    """Groups and permissions that a thread read, until the end of a block.

    What the thread writes in the block is not remembered: its backend tells of it.
    """

    def __init__(self) -> None:
        self._thread = _OfThread()

    @contextmanager
    def block(self) -> Iterator[None]:
        """Remember what is read in this block."""
        if self._thread.known is not None:
            yield
            return
        self._thread.known = _Known({}, {}, set())
        try:
            yield
        finally:
            self._thread.known = None

    def read(
        self,
        user_id: str,
        object_ids: Collection[str],
        read: Callable[[str, Collection[str]], Access],
    ) -> Access:
        """Answer as `read` does, which is asked for what is not known."""
        known = self._thread.known
        if known is None:
            return read(user_id, object_ids)
        unknown = [each for each in object_ids if each not in known.objects]
        if unknown or user_id not in known.users:
            principals, found = read(user_id, unknown)
            known.users[user_id] = principals
            for object_id in unknown:
                known.objects[object_id] = found.get(object_id, {})
        answer = {each: known.objects[each] for each in object_ids}
        for object_id in known.changed.intersection(unknown):
            del known.objects[object_id]
        return set(known.users[user_id]), {
            object_id: {name: set(each) for name, each in permissions.items()}
            for object_id, permissions in answer.items()
            if permissions
        }

    def forget(self, *object_ids: str) -> None:
        """Forget objects that are about to be written."""
        known = self._thread.known
        if known is not None:
            known.changed.update(object_ids)
            for object_id in object_ids:
                known.objects.pop(object_id, None)

    def forget_all(self) -> None:
        """Remember nothing in the rest of the block."""
        self._thread.known = None
