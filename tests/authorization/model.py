"""Who may see and do what, said naively: a dictionary of records, one of permissions.

It knows nothing of URLs, of how permission ids are quoted, of engines. A place is a
tuple: ``("articles",)`` is a collection, ``("articles", "a")`` a record,
``("articles", "a", "comments")`` the collection of its comments.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

Place = tuple[str, ...]
EVERYONE, AUTHENTICATED = "system.Everyone", "system.Authenticated"


@dataclass
class Asked:
    """A request.

    Attributes:
        user: Name of the user; None for nobody.
        method: Of HTTP.
        place: What it is about.
        data: What is sent.
        permissions: Sent beside, by names of users, groups and of the system.
        is_new: `If-None-Match: *`.
        is_stale: An `If-Match` that holds for nothing that exists.
        title: A filter of a list.
        limit: How many records a page of a list has.
    """

    user: str | None
    method: str
    place: Place
    data: dict[str, Any] | None = None
    permissions: dict[str, list[str]] | None = None
    is_new: bool = False
    is_stale: bool = False
    title: str | None = None
    limit: int | None = None


@dataclass
class Expected:
    """An answer: its status; what it shows, None for nothing of this kind.

    Attributes:
        data: Fields of a record, without timestamp.
        permissions: Those of the record that are shown.
        listed: Ids and fields of the records of a list.
        deleted: Ids of tombstones.
    """

    status: int
    data: dict[str, Any] | None = None
    permissions: dict[str, set[str]] | None = None
    listed: dict[str, dict[str, Any]] | None = None
    deleted: set[str] | None = None


@dataclass
class Model:
    """What is stored.

    Attributes:
        settings: Principals by resource name and permission: they replace what is kept.
        implied: Names of the settings by which permissions follow from others.
        is_by_hand: Whether the policy of the application says what follows.
        groups: Members of groups that no record tells of.
        records: Fields by place.
        deleted: Places that had a record.
        kept: Principals by place and permission.
        notes: The records of each user, as if they were articles.
    """

    settings: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    implied: frozenset[str] = frozenset()
    is_by_hand: bool = True
    groups: dict[str, set[str]] = field(default_factory=dict)
    records: dict[Place, dict[str, Any]] = field(default_factory=dict)
    deleted: set[Place] = field(default_factory=set)
    kept: dict[tuple[Place, str], set[str]] = field(default_factory=dict)
    notes: dict[str, "Model"] = field(default_factory=dict)

    # --- Permissions ---------------------------------------------------------------

    def principals(self, user: str | None) -> set[str]:
        if user is None:
            return {EVERYONE}
        joined = {name for name, members in self.groups.items() if user in members}
        joined |= {
            f"group:/groups/{place[1]}"
            for place, data in self.records.items()
            if place[0] == "groups" and user in data["members"]
        }
        return {EVERYONE, AUTHENTICATED, user, *joined}

    def _has(self, user: str | None, permission: str, place: Place) -> bool:
        found = self.kept.get((place, permission), set())
        return bool(found & self.principals(user))

    def may(self, user: str | None, permission: str, place: Place) -> bool:
        """Return whether a user has a permission on a record or a whole collection."""
        follows = "write_implies_read" in self.implied and permission == "read"
        if follows and self.may(user, "write", place):
            return True
        listed = self.settings.get((resource_of(place), permission))
        if listed:
            return bool(listed & self.principals(user))
        if self.is_by_hand:
            return self._is_bound(user, permission, place)
        name = full_name(permission, place)
        return self._has(user, name, place) or self._inherits(user, name, place)

    def _inherits(self, user: str | None, name: str, place: Place) -> bool:
        if "inherit_permissions" not in self.implied:
            return False
        if name.endswith(":create"):
            above = [place[:end] for end in range(1, len(place))]
            return any(
                self._has(user, name, each) or self.may(user, "write", each)
                for each in above
            )
        return len(place) > 1 and self.may(user, name, place[:-1])

    def _is_bound(self, user: str | None, permission: str, place: Place) -> bool:
        """Return what `tests.authorization.application.Inherited` says."""
        name = full_name(permission, place)
        granting = [name, "write"] if permission == "read" else [name]
        if any(self._has(user, each, place) for each in granting):
            return True
        if "comments" in place:
            inherited = ["write", "read"] if permission == "read" else ["write"]
            return any(self._has(user, each, place[:2]) for each in inherited)
        return False

    def _shared(self, user: str | None, permission: str, place: Place) -> set[Place]:
        """Return the places below a collection that somebody was granted."""
        return {
            kept
            for kept, _ in self.kept
            if kept[:-1] == place and self.may(user, permission, kept)
        }

    # --- Requests ------------------------------------------------------------------

    def answer(self, asked: Asked) -> Expected:
        """Do what is asked, if it may be done."""
        if asked.place[0] == "notes":
            return self._answer_owner(asked)
        if len(asked.place) % 2:
            method = {"GET": self._list, "POST": self._post, "DELETE": self._clear}
            return method[asked.method](asked)
        method = {
            "GET": self._get, "PUT": self._put, "PATCH": self._patch,
            "DELETE": self._delete,
        }  # fmt: skip
        return method[asked.method](asked)

    def _refused(self, asked: Asked) -> Expected:
        return Expected(401 if asked.user is None else 403)

    def _get(self, asked: Asked) -> Expected:
        if not self.may(asked.user, "read", asked.place):
            return self._refused(asked)
        if asked.place not in self.records:
            return Expected(404)
        return self._shown(200, asked.place)

    def _shown(self, status: int, place: Place) -> Expected:
        kept = {name: held for (each, name), held in self.kept.items() if each == place}
        permissions = {name: set(held) for name, held in kept.items() if held}
        return Expected(status, {**self.records[place]}, permissions)

    def _put(self, asked: Asked) -> Expected:
        place = asked.place
        exists = place in self.records
        wanted = ("write", place) if exists else ("create", place[:-1])
        if not self.may(asked.user, *wanted):
            return self._refused(asked)
        if exists and (asked.is_new or asked.is_stale):
            return Expected(412)
        permissions = asked.permissions
        if permissions:
            permissions = {"read": [], "write": [], **permissions}
        if exists:
            defaults = defaults_of(place)
            return self._written(asked, asked.data or {}, permissions, defaults)
        if asked.is_stale and place in self.deleted:
            return Expected(412)
        return self._created(asked, place, permissions)

    def _created(
        self, asked: Asked, place: Place, permissions: dict[str, list[str]] | None
    ) -> Expected:
        again = place[0] == "groups" and place in self.deleted
        writable = (place, place[:-1])
        if again and not any(self.may(asked.user, "write", each) for each in writable):
            # Its principal may still have what the deleted group was granted.
            return self._refused(asked)
        self.deleted.discard(place)
        given = {**defaults_of(place), **(asked.data or {})}
        self.records[place] = {"id": place[-1], **given}
        self._keep(place, asked.user, permissions)
        return self._shown(201, place)

    def _why_not_written(self, asked: Asked) -> Expected | None:
        """Return the refusal of a PATCH or DELETE of a record, if it is refused."""
        if not self.may(asked.user, "write", asked.place):
            return self._refused(asked)
        if asked.place not in self.records:
            return Expected(404)
        if asked.is_new or asked.is_stale:
            return Expected(412)
        return None

    def _patch(self, asked: Asked) -> Expected:
        if refused := self._why_not_written(asked):
            return refused
        old = self.records[asked.place]
        return self._written(asked, asked.data or {}, asked.permissions, {}, old)

    def _written(
        self,
        asked: Asked,
        sent: dict[str, Any],
        permissions: dict[str, list[str]] | None,
        defaults: dict[str, Any],
        old: dict[str, Any] | None = None,
    ) -> Expected:
        place, reads = asked.place, self.may(asked.user, "read", asked.place)
        fields = {**defaults, **sent, "id": place[-1]}
        self.records[place] = {**(old or {}), **fields}
        self._keep(place, asked.user, permissions)
        shown = self._shown(200, place)
        if reads:
            return shown
        named = asked.permissions or {}
        known = shown.permissions or {}
        told = {name: known[name] for name in named if name in known}
        return Expected(200, fields, told if named else None)

    def _keep(
        self, place: Place, user: str | None, permissions: dict[str, list[str]] | None
    ) -> None:
        for name, principals in (permissions or {}).items():
            self.kept[place, name] = set(principals)
        if user is not None:
            self.kept.setdefault((place, "write"), set()).add(user)

    def _delete(self, asked: Asked) -> Expected:
        if refused := self._why_not_written(asked):
            return refused
        self._forget([asked.place])
        return Expected(200, deleted={asked.place[-1]})

    def _forget(self, places: Iterable[Place]) -> None:
        for place in places:
            del self.records[place]
            self.deleted.add(place)
            for kept in [key for key in self.kept if key[0] == place]:
                del self.kept[kept]

    def _post(self, asked: Asked) -> Expected:
        if not self.may(asked.user, "create", asked.place):
            return self._refused(asked)
        place = (*asked.place, (asked.data or {})["id"])
        if place not in self.records:
            return self._created(asked, place, asked.permissions)
        if not self.may(asked.user, "read", place):
            return self._refused(asked)
        if asked.is_new or asked.is_stale:
            return Expected(412)
        return Expected(200, {**self.records[place]})

    def _selected(self, asked: Asked, permission: str) -> list[Place] | None:
        """Return the records of a list, None if it is refused."""
        found = [place for place in self.records if place[:-1] == asked.place]
        if not self.may(asked.user, permission, asked.place):
            shared = self._shared(asked.user, permission, asked.place)
            if not shared and not self._may_list(asked.user, permission, asked.place):
                return None
            found = [place for place in found if place in shared]
        wanted = asked.title
        if wanted is not None:
            found = [
                each for each in found if self.records[each].get("title") == wanted
            ]
        return found

    def _may_list(self, user: str | None, permission: str, place: Place) -> bool:
        follows = "create_implies_list" in self.implied and permission == "read"
        return follows and self.may(user, "create", place)

    def _list(self, asked: Asked) -> Expected:
        found = self._selected(asked, "read")
        if found is None:
            return self._refused(asked)
        return Expected(
            200, listed={each[-1]: {**self.records[each]} for each in found}
        )

    def _clear(self, asked: Asked) -> Expected:
        found = self._selected(asked, "write")
        if found is None:
            return self._refused(asked)
        self._forget(found)
        return Expected(200, deleted={place[-1] for place in found})

    # --- Records of one user -------------------------------------------------------

    def _answer_owner(self, asked: Asked) -> Expected:
        """Answer about notes: each user has their own, and may do all with them."""
        if asked.user is None:
            return Expected(401)
        own = self.notes.setdefault(asked.user, Model())
        for permission in ("read", "write", "create"):
            own.settings["article", permission] = {EVERYONE}
        place = ("articles", *asked.place[1:])
        found = own.answer(replace(asked, place=place, permissions=None))
        return replace(found, permissions=None)

    # --- What may be told ----------------------------------------------------------

    def readable(self, user: str | None) -> set[str]:
        """Return the titles that a user may read."""
        seen = [
            data
            for place, data in self.records.items()
            if self.may(user, "read", place) or self.may(user, "read", place[:-1])
        ]
        if user in self.notes:
            seen += self.notes[user].records.values()
        return {data["title"] for data in seen if "title" in data}


def full_name(permission: str, place: Place) -> str:
    """Return the name that a permission is kept under."""
    return f"{resource_of(place)}:create" if permission == "create" else permission


def resource_of(place: Place) -> str:
    """Return the name of the resource of a place."""
    if place[0] == "groups":
        return "group"
    return "comment" if "comments" in place else "article"


def defaults_of(place: Place) -> dict[str, Any]:
    """Return the fields that a record has although they were not sent."""
    return {"members": []} if place[0] == "groups" else {"code": "none"}
