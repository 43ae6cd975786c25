"""What follows from a permission, by settings: a table, on all engines.

Mallory has one permission, on one place; the table says what she may do with the
comments of an article, of which she was given at most one, `c`, and others have `d`.
"""

import itertools

import pytest
import transaction

from tests.contract.backends import APP_ENGINES

ALICE = {"Authorization": "Basic YWxpY2U6"}
MALLORY = {"Authorization": "Basic bWFsbG9yeTo="}
POLICY = "cliquet.authorization.AuthorizationPolicy"
ALL = ("write_implies_read", "create_implies_list", "inherit_permissions")

pytestmark = pytest.mark.parametrize(
    "pair",
    [(engine.id, engine.id) for engine in APP_ENGINES],
    ids=[engine.id for engine in APP_ENGINES],
    indirect=True,
)

#: Where the permission is kept, below the path of the article.
PLACES = {
    "comment": "/comments/c",
    "comments": "/comments",
    "article": "",
}
WRITES = {"PUT", "PATCH", "DELETE"}
CREATES = {"POST", "PUT new"}
#: Settings, then the permission, then what is granted; what is not here: nothing.
TABLE = {
    (): {
        "comment read": {"GET", "list c"},
        "comment write": {*WRITES, "clear c"},
        "comments read": {"list c d"},
        "comments write": {"clear c d"},
        "comments comment:create": CREATES,
    },
    ("write_implies_read",): {
        "comment read": {"GET", "list c"},
        "comment write": {*WRITES, "clear c", "GET", "list c"},
        "comments read": {"list c d"},
        "comments write": {"clear c d", "list c d"},
        "comments comment:create": CREATES,
    },
    ("create_implies_list",): {
        "comment read": {"GET", "list c"},
        "comment write": {*WRITES, "clear c"},
        "comments read": {"list c d"},
        "comments write": {"clear c d"},
        "comments comment:create": {*CREATES, "list"},
    },
    ("inherit_permissions",): {
        "comment read": {"GET", "list c"},
        "comment write": {*WRITES, "clear c"},
        "comments read": {"GET", "list c d"},
        "comments write": {*WRITES, "clear c d"},
        "comments comment:create": CREATES,
        "article read": {"GET", "list c d"},
        "article write": {*WRITES, *CREATES, "clear c d"},
        "article comment:create": CREATES,
    },
    ALL: {
        "comment read": {"GET", "list c"},
        "comment write": {*WRITES, "clear c", "GET", "list c"},
        "comments read": {"GET", "list c d"},
        "comments write": {*WRITES, "clear c d", "GET", "list c d"},
        "comments comment:create": {*CREATES, "list"},
        "article read": {"GET", "list c d"},
        "article write": {*WRITES, *CREATES, "clear c d", "GET", "list c d"},
        "article comment:create": {*CREATES, "list"},
    },
}
#: All three, where a policy binds permissions by hand (tests.authorization.application).
BY_HAND = {
    "comment read": {"GET", "list c"},
    "comment write": {*WRITES, "clear c", "GET", "list c"},
    "comments read": {"list c d"},
    "comments write": {"clear c d", "list c d"},
    "comments comment:create": {*CREATES, "list"},
    "article read": {"GET", "list c d"},
    "article write": {*WRITES, *CREATES, "clear c d", "GET", "list c d"},
}
KEPT = [
    f"{place} {permission}"
    for place in PLACES
    for permission in ("read", "write", "comment:create")
]
#: Method and path of each request, below the article.
REQUESTS = {
    "GET": ("GET", "/comments/c"),
    "list": ("GET", "/comments"),
    "PUT": ("PUT", "/comments/c"),
    "PATCH": ("PATCH", "/comments/c"),
    "DELETE": ("DELETE", "/comments/c"),
    "POST": ("POST", "/comments"),
    "PUT new": ("PUT", "/comments/new"),
    "clear": ("DELETE", "/comments"),
}
numbers = itertools.count()


class Scene:
    """An article of Alice with two comments, and what Mallory was given."""

    def __init__(self, service, kept):
        self.service = service
        self.path = f"/articles/a{next(numbers)}"
        backend = service.app.registry.permission
        alice, mallory = (
            service.get("/v0/", headers=who).json["user"]["id"]
            for who in (ALICE, MALLORY)
        )
        backend.add_principal_to_ace(f"{self.path}/comments", "comment:create", alice)
        transaction.commit()
        for each in ("", "/comments/c", "/comments/d"):
            service.put_json(f"/v0{self.path}{each}", {"data": {}}, headers=ALICE)
        place, permission = kept.split(" ")
        backend.add_principal_to_ace(self.path + PLACES[place], permission, mallory)
        transaction.commit()

    def ask(self, name, way):
        """Return what is granted of a request, None for nothing."""
        method, below = REQUESTS[name]
        body = {"data": {"id": "p"} if method == "POST" else {}}
        entry = {"method": method, "path": self.path + below}
        if method in ("PUT", "PATCH", "POST"):
            entry["body"] = body
        if way == "batch":
            answer = self.service.post_json(
                "/v0/batch", {"requests": [entry]}, headers=MALLORY
            ).json["responses"][0]
            status, found = answer["status"], answer["body"]
        else:
            send = getattr(self.service, f"{method.lower()}_json", self.service.get)
            arguments = {"params": entry["body"]} if "body" in entry else {}
            answer = send(
                f"/v0{entry['path']}", headers=MALLORY, expect_errors=True, **arguments
            )
            status, found = answer.status_int, answer.json
        if status == 403:
            return None
        assert status in (200, 201), found
        if name not in ("list", "clear"):
            return name
        return " ".join([name, *sorted(each["id"] for each in found["data"])])


@pytest.mark.parametrize("way", ["alone", "batch"])
@pytest.mark.parametrize("implied", TABLE, ids=lambda each: "+".join(each) or "none")
def test_what_is_granted_is_in_the_table(make, implied, way):
    service = make(
        **dict.fromkeys(implied, "true"),
        **{"multiauth.authorization_policy": POLICY},
    )
    assert granted_by(service, way) == TABLE[implied]


@pytest.mark.parametrize("way", ["alone", "batch"])
def test_what_is_bound_by_hand_replaces_inheritance(make, way):
    service = make(**dict.fromkeys(ALL, "true"))

    assert granted_by(service, way) == BY_HAND


def granted_by(service, way):
    """What each permission grants, without those that grant nothing."""
    found = {}
    for kept in KEPT:
        granted = {Scene(service, kept).ask(name, way) for name in REQUESTS}
        found[kept] = granted - {None}
    return {kept: each for kept, each in found.items() if each}
