"""Groups and permissions as one request, or the entries of one batch, have read them.

A request needs the groups of its user, the permissions of what it is about, and maybe
those of the records that it shows: they are read at once, and kept for as long as they
may be believed (docs: rules-permissions-freshness).
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from cliquet.engines.joint import JointWrite, Script
from cliquet.permission.base import PermissionBase
from cliquet.types import Permissions, Principal, Request

#: Seconds after which what was read is read again.
MAX_AGE = 0.1

_KEY = "permission_cache"

Memberships = Collection[tuple[str, Principal]]
FindChanges = Callable[[Sequence[str]], tuple[Memberships, Memberships]]


class PermissionCache:
    """What is known of groups and permissions.

    Args:
        backend: The permission backend. Where it cannot read several things at once,
            only groups are kept, and its other methods are to be called.
        clock: Returns seconds.
    """

    def __init__(
        self, backend: Any, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.backend = backend
        self._clock = clock
        self._groups: dict[str, set[Principal]] = {}
        self._objects: dict[str, Permissions] = {}
        self._read_at = 0.0
        self._user_id = ""
        self._find_ids: Callable[[], Iterable[str]] = tuple
        self._expected: frozenset[str] = frozenset()

    @classmethod
    def of(cls, request: Request) -> "PermissionCache":
        """Return the cache of a request, which the entries of a batch share."""
        found = request.bound_data.get(_KEY)
        if not isinstance(found, cls):
            found = request.bound_data[_KEY] = cls(request.registry.permission)
        return found

    def expect(self, object_ids: Iterable[str]) -> None:
        """Read these objects along with the first one that is needed."""
        self._expected = frozenset(object_ids)

    def begin(self, find_ids: Callable[[], Iterable[str]], *, writes: bool) -> None:
        """Begin to serve a request, or an entry of a batch.

        Args:
            find_ids: Returns the ids of the objects that it is about; called when the
                first of them is needed.
            writes: Whether it writes: then it believes nothing that was read before.
        """
        self._find_ids = find_ids
        if writes:
            self.forget()

    def groups(self, user_id: str) -> set[Principal]:
        """Return the groups of a user."""
        self._user_id = user_id
        self._drop_old()
        if user_id not in self._groups and not self._read(()):
            self._groups[user_id] = self.backend.user_principals(user_id)
        return self._groups[user_id]

    def permissions(
        self, object_id: str, user_id: str | None = None
    ) -> Permissions | None:
        """Return the permissions of an object, not to be modified.

        None where they cannot be read at once: call the methods of the backend. The
        groups of the user, if one is given, are read along.
        """
        if user_id:
            self._user_id = user_id
        self._drop_old()
        if object_id not in self._objects:
            self._read((object_id,))
        return self._objects.get(object_id)

    def several(
        self, object_ids: Collection[str], user_id: str | None = None
    ) -> dict[str, Permissions] | None:
        """Return the permissions of some objects; unknown ones are read at once.

        None where they cannot be read at once, as `permissions` does.
        """
        if user_id:
            self._user_id = user_id
        self._drop_old()
        unknown = [each for each in object_ids if each not in self._objects]
        if unknown and not self._read(unknown):
            return None
        return {each: self._objects[each] for each in object_ids}

    def write(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
    ) -> Permissions:
        """Replace some permissions of an object, add to some, and return all."""
        known = self._objects.pop(object_id, None)
        backend = self.backend
        if isinstance(backend, PermissionBase):
            written = backend.write_object_permissions(
                object_id, replaced, granted, known
            )
            # The response may depend on them: may the writer read?
            self._objects[object_id] = written
            return written
        # Made by tests of applications, with the methods of 3.1.
        return PermissionBase.write_object_permissions(
            backend, object_id, replaced, granted
        )

    def joint_write(
        self,
        find_object_id: Callable[[str], str],
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
    ) -> JointWrite:
        """Return what `write` does, to be done along with a record.

        Args:
            find_object_id: Returns the object id of a record id.
            replaced: Permissions, with all principals that have them then.
            granted: Permissions, with principals to be added.
        """

        def run(record_ids: Sequence[str]) -> Permissions:
            return self.write(find_object_id(record_ids[0]), replaced, granted)

        def script(record_ids: Sequence[str]) -> Script | None:
            object_id = find_object_id(record_ids[0])
            known = self._objects.get(object_id)
            found = _script(self.backend, "write")(object_id, replaced, granted, known)
            if found is None:
                return None
            self._objects.pop(object_id, None)
            read = found.read

            def keep(reply: Any) -> Permissions:
                written: Permissions = read(reply)
                self._objects[object_id] = written
                return written

            return found._replace(read=keep)

        return JointWrite(getattr(self.backend, "database", None), run, script)

    def joint_deletion(self, find_object_id: Callable[[str], str]) -> JointWrite:
        """Return what deletes permissions, to be done along with their records."""
        backend = self.backend

        def find(record_ids: Sequence[str]) -> list[str]:
            return list(map(find_object_id, record_ids))

        return JointWrite(
            getattr(backend, "database", None),
            lambda record_ids: backend.delete_object_permissions(*find(record_ids)),
            lambda record_ids: _script(backend, "deletion")(*find(record_ids)),
        )

    def joint_members(self, find_changes: FindChanges) -> JointWrite:
        """Return what changes groups, to be done along with their records.

        Args:
            find_changes: Returns who joins and who leaves, for the ids of the records.
        """
        backend = self.backend

        def run(record_ids: Sequence[str]) -> None:
            is_whole = isinstance(backend, PermissionBase)
            change = backend.change_members if is_whole else _change_one_by_one(backend)
            change(*find_changes(record_ids))
            self._groups.clear()

        def script(record_ids: Sequence[str]) -> Script | None:
            self._groups.clear()
            return _script(backend, "members")(*find_changes(record_ids))

        return JointWrite(getattr(backend, "database", None), run, script)

    def forget(self) -> None:
        """Believe nothing that was read: it may have been changed since."""
        self._groups.clear()
        self._objects.clear()
        self._expected = frozenset()

    def _drop_old(self) -> None:
        now = self._clock()
        if now - self._read_at > MAX_AGE:
            self._groups.clear()
            self._objects.clear()
        if not self._groups and not self._objects:
            self._read_at = now

    def _read(self, object_ids: Iterable[str]) -> bool:
        """Read what is unknown at once; return False if the backend cannot."""
        if not isinstance(self.backend, PermissionBase):
            return False
        wanted = self._expected.union(self._find_ids(), object_ids)
        unknown = wanted.difference(self._objects)
        answer = self.backend.read_access(self._user_id, unknown)
        if answer is None:
            return False
        self._groups[self._user_id], found = answer
        self._objects.update({each: found.get(each, {}) for each in unknown})
        return True


def _change_one_by_one(backend: Any) -> Callable[..., None]:
    # Made by tests of applications, with the methods of 3.1.
    return partial(PermissionBase.change_members, backend)


def _script(backend: Any, name: str) -> Callable[..., Script | None]:
    # Private names: what is public is measured, and these ask no server.
    found: Callable[..., Script | None]
    found = getattr(backend, f"_script_of_{name}", lambda *args: None)
    return found
