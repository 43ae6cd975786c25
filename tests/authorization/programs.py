"""Random programs of several users, and what runs them on a service and on the model."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import transaction
from hypothesis import strategies as st
from webtest import TestApp

from tests.authorization.model import AUTHENTICATED, EVERYONE, Asked, Model, Place

USERS = ("alice", "bob", "carol")
GROUPS = ("group:a", "group:a:b")
NAMES = (*USERS, *GROUPS, "group:/groups/a", "group:/groups/a", EVERYONE, AUTHENTICATED)

#: Ids that are prefixes of one another, that URLs quote, that patterns could match.
IDS = ("a", "ab", "a b", "a%", "a*", "é", "a:b", "a.b", "a%20b")

#: What settings replace, by resource and permission.
SETTINGS: tuple[dict[tuple[str, str], set[str]], ...] = (
    {("article", "create"): {AUTHENTICATED}},
    {
        ("article", "create"): {EVERYONE},
        ("article", "read"): {"group:a"},
        ("comment", "create"): {AUTHENTICATED},
    },
    {
        ("article", "create"): {AUTHENTICATED},
        ("comment", "write"): {"group:a:b"},
        ("comment", "create"): {EVERYONE},
    },
)

#: The same where settings imply permissions by others: which ones, and whether the
#: application binds some by hand.
ALL = ("write_implies_read", "create_implies_list", "inherit_permissions")
IMPLYING: tuple[tuple[tuple[str, ...], bool, dict[tuple[str, str], set[str]]], ...] = (
    (ALL, False, {("article", "create"): {AUTHENTICATED}}),
    (
        ("inherit_permissions",),
        False,
        {("article", "create"): {AUTHENTICATED}, ("comment", "read"): {"group:a"}},
    ),
    (
        ("write_implies_read", "create_implies_list"),
        False,
        {
            ("article", "create"): {EVERYONE},
            ("article", "read"): {"group:a"},
            ("comment", "create"): {AUTHENTICATED},
        },
    ),
    (
        ALL,
        False,
        {
            ("article", "create"): {AUTHENTICATED},
            ("article", "read"): {"group:a"},
            ("comment", "write"): {"group:a:b"},
        },
    ),
    (
        ("create_implies_list",),
        False,
        {("article", "write"): {"group:a:b"}, ("article", "create"): {"group:a"}},
    ),
    (ALL, True, SETTINGS[0]),
    (ALL, True, {**SETTINGS[1], ("comment", "write"): {"group:a:b"}}),
)

# What is named more often is drawn more often: programs meet in few places.
users = st.sampled_from([*USERS, *USERS, *USERS, None])
ids = st.sampled_from(("a",) * 12 + ("ab",) * 4 + IDS)
collections = st.one_of(
    st.just(("articles",)),
    st.just(("articles",)),
    st.builds(lambda each: ("articles", each, "comments"), ids),
    st.sampled_from([("articles",), ("articles", "a", "comments"), ("notes",)]),
)
records = st.builds(lambda place, each: (*place, each), collections, ids)
permissions = st.none() | st.dictionaries(
    st.sampled_from(["read", "write"]),
    st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
    min_size=1,
    max_size=2,
)
data = st.fixed_dictionaries(
    {}, optional={"title": st.just(""), "rank": st.integers(0, 3)}
)
preconditions = st.sampled_from([{}, {}, {}, {}, {"is_new": True}, {"is_stale": True}])


def _request(method: str, **parts: Any) -> st.SearchStrategy[Any]:
    conditions = parts.pop("conditions", st.just({}))
    built = st.fixed_dictionaries({"user": users, "method": st.just(method), **parts})
    return st.builds(lambda one, more: {**one, **more}, built, conditions)


group_ids = st.sampled_from(["a", "a", "a", "ab"])
groups = st.builds(lambda each: ("groups", each), group_ids)
members = st.lists(st.sampled_from(USERS), max_size=2, unique=True)
group_data = st.fixed_dictionaries(
    {"members": members}, optional={"title": st.just("")}
)
posted = st.builds(lambda one, each: {**one, "id": each}, data, ids)
of_groups = st.one_of(
    _request("PUT", place=groups, data=group_data, permissions=permissions,
             conditions=preconditions),
    _request("PUT", place=groups, data=group_data, permissions=permissions),
    _request("PATCH", place=groups, data=st.one_of(group_data, data),
             permissions=permissions, conditions=preconditions),
    _request("POST", place=st.just(("groups",)), permissions=permissions,
             data=st.builds(lambda one, each: {**one, "id": each}, group_data, group_ids)),
    _request("DELETE", place=groups, conditions=preconditions),
    _request("GET", place=groups),
    _request("GET", place=st.just(("groups",)), limit=st.sampled_from([None, 1])),
    _request("DELETE", place=st.just(("groups",))),
)  # fmt: skip
of_records = st.one_of(
    _request("PUT", place=records, data=data, permissions=permissions,
             conditions=preconditions),
    _request("PUT", place=records, data=data, permissions=permissions),
    _request("PATCH", place=records, data=data, permissions=permissions,
             conditions=preconditions),
    _request("POST", place=collections, data=posted, permissions=permissions,
             conditions=st.sampled_from([{}, {}, {"is_new": True}])),
    _request("GET", place=records),
    _request("DELETE", place=records, conditions=preconditions),
    _request("GET", place=collections, limit=st.sampled_from([None, 2]),
             title=st.booleans()),
    _request("DELETE", place=collections, title=st.booleans()),
)  # fmt: skip
requests = st.one_of(of_records, of_records, of_records, of_groups)
joins = st.tuples(
    st.sampled_from(["join", "leave"]), st.sampled_from(USERS), st.sampled_from(GROUPS)
)
grants = st.tuples(
    st.sampled_from(["grant", "revoke"]),
    records.filter(lambda place: place[0] == "articles")
    | st.sampled_from([("articles",), ("articles", "a", "comments")]),
    st.sampled_from(["read", "write", "comment:create"]),
    st.sampled_from(NAMES),
)
batches = st.lists(requests, min_size=2, max_size=6)
# Programs are long; what does not matter is made nothing of.
nothing = st.just([])
steps = st.one_of(
    nothing, requests, requests, requests, batches, batches, joins, grants
)
programs = st.lists(steps, min_size=20, max_size=40)

_TITLE = re.compile(r"title-\d+")


def models() -> list[Model]:
    """Return an empty model of each application that programs are run on."""
    creating = {("group", "create"): {AUTHENTICATED}}
    return [
        *(Model(settings={**each, **creating}) for each in SETTINGS),
        *(
            Model(
                settings={**each, **creating},
                implied=frozenset(implied),
                is_by_hand=by_hand,
            )
            for implied, by_hand, each in IMPLYING
        ),
    ]


def settings_of(model: Model) -> dict[str, str]:
    """Return the settings of an application, as it reads them, but for users."""
    found = {
        f"{resource}_{permission}_principals": ",".join(sorted(principals))
        for (resource, permission), principals in model.settings.items()
    }
    found.update(dict.fromkeys(model.implied, "true"))
    if not model.is_by_hand:
        policy = "cliquet.authorization.AuthorizationPolicy"
        found["multiauth.authorization_policy"] = policy
    return found


class Runner:
    """Runs a program on a service and on the model, and compares.

    Args:
        application: With one of the settings, on empty backends.
        model: Empty, with the same settings.
    """

    def __init__(self, application: Any, model: Model) -> None:
        self.client = TestApp(application)
        self.permission = application.registry.permission
        self.model = model
        self._titles = 0
        self._ids = {name: self._user_id(name) for name in USERS}

    def _user_id(self, name: str) -> str:
        found: str = self.client.get("/v0/", headers=headers_of(name)).json["user"][
            "id"
        ]
        return found

    def run(self, steps: list[Any]) -> None:
        for step in steps:
            if isinstance(step, dict):
                self._alone(self._asked(step))
            elif isinstance(step, list):
                if step:
                    self._batch([self._asked(each) for each in step])
            else:
                getattr(self, f"_{step[0]}")(*step[1:])

    def _asked(self, step: dict[str, Any]) -> Asked:
        step = dict(step)
        if step["place"][0] == "notes":
            step.pop("permissions", None)
        if step.get("data") is not None and "title" in step["data"]:
            # Each one is told from all others.
            self._titles += 1
            step["data"] = {**step["data"], "title": f"title-{self._titles}"}
        if "title" in step:
            step["title"] = f"title-{self._titles}" if step["title"] else None
        return Asked(**step)

    # --- What operators and applications do ------------------------------------------

    def _join(self, user: str, group: str) -> None:
        self.permission.add_user_principal(self._ids[user], group)
        transaction.commit()
        self.model.groups.setdefault(group, set()).add(user)

    def _leave(self, user: str, group: str) -> None:
        self.permission.remove_user_principal(self._ids[user], group)
        transaction.commit()
        self.model.groups.get(group, set()).discard(user)

    def _grant(self, place: Place, permission: str, name: str) -> None:
        self.permission.add_principal_to_ace(path_of(place), permission, self._id(name))
        transaction.commit()
        self.model.kept.setdefault((place, permission), set()).add(name)

    def _revoke(self, place: Place, permission: str, name: str) -> None:
        backend = self.permission
        backend.remove_principal_from_ace(path_of(place), permission, self._id(name))
        transaction.commit()
        self.model.kept.get((place, permission), set()).discard(name)

    # --- Requests --------------------------------------------------------------------

    def _id(self, name: str) -> str:
        return self._ids.get(name, name)

    def _name(self, principal: str) -> str:
        names = {value: name for name, value in self._ids.items()}
        return names.get(principal, principal)

    def _parts(self, asked: Asked) -> tuple[str, Any, dict[str, str]]:
        """Return path, body and headers of a request."""
        query = [f"title={asked.title}"] * (asked.title is not None)
        query += [f"_limit={asked.limit}"] * (asked.limit is not None)
        path = path_of(asked.place) + ("?" + "&".join(query) if query else "")
        body: dict[str, Any] | None = None
        if asked.method in ("PUT", "PATCH", "POST"):
            body = {"data": self._with(self._id, asked.data)}
            if asked.permissions is not None:
                body["permissions"] = {
                    name: [self._id(each) for each in principals]
                    for name, principals in asked.permissions.items()
                }
        headers = headers_of(asked.user)
        if asked.is_new:
            headers["If-None-Match"] = "*"
        if asked.is_stale:
            headers["If-Match"] = '"1"'
        return path, body, headers

    def _with(self, rename: Any, data: Any) -> Any:
        """Return fields in which users are named otherwise."""
        if "members" not in (data or {}):
            return data
        return {**data, "members": [rename(each) for each in data["members"]]}

    def _send(self, asked: Asked) -> tuple[int, Any, dict[str, str]]:
        path, body, headers = self._parts(asked)
        arguments = {} if body is None else {"params": body}
        send = getattr(self.client, asked.method.lower() + "_json", self.client.get)
        url = f"/v0{path}"
        answer = send(url, headers=headers, expect_errors=True, **arguments)
        return answer.status_int, answer.json, dict(answer.headers)

    def _alone(self, asked: Asked) -> None:
        known = self.model.readable(asked.user)
        status, body, headers = self._send(asked)
        self._compare(asked, status, body, headers, known)
        if asked.method == "GET" and len(asked.place) % 2:
            answer = self.client.head(
                f"/v0{path_of(asked.place)}",
                headers=headers_of(asked.user),
                expect_errors=True,
            )
            expected = self.model.answer(Asked(asked.user, "GET", asked.place))
            assert answer.status_int == expected.status
            if expected.listed is not None:
                assert int(answer.headers["Total-Records"]) == len(expected.listed)

    def _batch(self, several: list[Asked]) -> None:
        for asked in several[:-1]:
            # The pages that follow would be read when all entries have written.
            asked.limit = None
        entries = []
        for asked in several:
            path, body, headers = self._parts(asked)
            entry = {"method": asked.method, "path": path, "headers": headers}
            entries.append(entry if body is None else {**entry, "body": body})
        # Nobody's: each entry says whose it is.
        answer = self.client.post_json("/v0/batch", {"requests": entries})
        for asked, each in zip(several, answer.json["responses"], strict=True):
            known = self.model.readable(asked.user)
            self._compare(asked, each["status"], each["body"], each["headers"], known)

    def _compare(
        self,
        asked: Asked,
        status: int,
        body: Any,
        headers: dict[str, str],
        known: set[str],
    ) -> None:
        """Compare an answer with that of the model, and look for what it may not tell.

        `known` are the titles that the user might read before.
        """
        expected = self.model.answer(asked)
        assert status == expected.status, (status, body)
        told = set(_TITLE.findall(json.dumps([body, headers])))
        told -= {(asked.data or {}).get("title"), asked.title}
        assert told <= known | self.model.readable(asked.user)
        if expected.data is not None:
            fields = dict(self._with(self._name, body["data"]))
            assert fields.pop("last_modified") > 0
            assert fields == expected.data
        if status < 300:
            shown = body.get("permissions")
            if shown is not None:
                shown = {
                    name: {self._name(each) for each in principals}
                    for name, principals in shown.items()
                }
            assert shown == expected.permissions
        if expected.listed is not None:
            listed = [*body["data"], *self._pages(asked, headers)]
            assert len(listed) == len(expected.listed)
            for record in listed:
                del record["last_modified"]
            listed = [self._with(self._name, each) for each in listed]
            assert {each["id"]: each for each in listed} == expected.listed
            assert int(headers["Total-Records"]) == len(expected.listed)
        if expected.deleted is not None:
            several = body["data"]
            several = several if isinstance(several, list) else [several]
            assert {each["id"] for each in several} == expected.deleted
            assert all(
                set(each) == {"id", "last_modified", "deleted"} for each in several
            )

    def _pages(self, asked: Asked, headers: dict[str, str]) -> Iterator[Any]:
        while "Next-Page" in headers:
            answer = self.client.get(
                headers["Next-Page"], headers=headers_of(asked.user)
            )
            headers = dict(answer.headers)
            yield from answer.json["data"]


def path_of(place: Place) -> str:
    """Return the path of a place, quoted as permission ids are."""
    return "/" + "/".join(quote(each, safe="-._~!$&'()*+,;=:@") for each in place)


def headers_of(user: str | None) -> dict[str, str]:
    if user is None:
        return {}
    return {"Authorization": "Basic " + b64encode(f"{user}:".encode()).decode()}
